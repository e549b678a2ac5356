/** The flag that names the configuration file, as every command has it. */
export const configFlag = {
  type: 'string',
  requiresArg: true,
  describe: 'Configuration file; --no-config uses none [default: allocert.config.*]',
} as const;
