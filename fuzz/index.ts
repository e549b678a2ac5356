/** The fuzzer as a library; what `import 'allocert/fuzz'` gives. */
export * from '../suites/oracles/index.ts';
export {
  type Budget,
  type CampaignEnd,
  type CampaignOptions,
  type RoundDone,
  runCampaign,
  type Setting,
  settingFor,
} from './campaign.ts';
export { PLANTED, withCanary } from './canary.ts';
export type { Finding } from './finding.ts';
export { MODES, type Mode, modesFor } from './generate/modes.ts';
export {
  type Before,
  CampaignJournal,
  type CampaignLine,
  JOURNAL,
  readCampaign,
} from './journal.ts';
export { judge, type Rules, signatureOf } from './judge.ts';
export { operationsIn, type Round, type RoundOrigin, runScenario, scenarioOf } from './round.ts';
export { type Scenario, type World, worldOf } from './scenario.ts';
export { type CanaryEnd, findCanary, type SelfCheck, selfCheck } from './self-check.ts';
export { type ShrinkOptions, type Shrunk, shrink } from './shrink.ts';
