/** What a schema refuses is said in words for whoever wrote the file. */
import { Ajv2020 } from 'ajv/dist/2020.js';
import t from 'tap';
import { unreadable } from '../../base/errors.ts';
import { violationPhrase } from '../../base/violation.ts';

const SCHEMA = {
  type: 'object',
  required: ['version'],
  additionalProperties: false,
  properties: {
    version: { const: 1 },
    level: { enum: ['must', 'should'] },
    seed: { type: 'string', pattern: '^0x' },
    names: { type: 'array', minItems: 1, items: { type: 'string', minLength: 1 } },
    line: {
      type: 'object',
      required: ['type'],
      discriminator: { propertyName: 'type' },
      oneOf: [{ properties: { type: { const: 'round' } } }],
    },
  },
};

t.test('every way of not fitting has its words', async (t) => {
  const options = { strict: true, strictRequired: false, discriminator: true, verbose: true };
  const validate = new Ajv2020(options).compile(SCHEMA);
  const said = (value: unknown): string => {
    t.notOk(validate(value), JSON.stringify(value));
    return violationPhrase(validate.errors);
  };
  const of = (more: object): string => said({ version: 1, ...more });
  t.equal(said([]), 'at the top, a list must be an object');
  t.equal(said({}), 'at the top, "version" is missing');
  t.equal(said({ version: '2' }), 'at /version, "2" must be 1');
  t.equal(of({ lvl: 1 }), 'at the top, "lvl" is unknown');
  t.equal(of({ level: 'may' }), 'at /level, "may" must be one of must, should');
  t.equal(of({ seed: 7 }), 'at /seed, 7 must be a text');
  t.equal(of({ seed: '7' }), 'at /seed, "7" must be written as ^0x');
  t.equal(of({ seed: '7'.repeat(100) }), 'at /seed, a long text must be written as ^0x');
  t.equal(of({ names: [] }), 'at /names, a list must not be empty');
  t.equal(of({ names: [''] }), 'at /names/0, "" must not be empty');
  t.equal(of({ line: {} }), 'at /line, "type" is missing');
  t.equal(of({ line: { type: 'rumour' } }), 'at /line, "type" cannot be "rumour"');
});

t.test('why a file cannot be read is said without a code, if it is known', async (t) => {
  const failed = (code: string) => Object.assign(new Error('open'), { code });
  t.equal(unreadable(failed('ENOENT')), 'there is no such file');
  t.equal(unreadable(failed('EIO')), 'EIO', 'a rare one by its name');
  t.equal(unreadable(new SyntaxError('JSON')), undefined, 'and what is none is none');
});
