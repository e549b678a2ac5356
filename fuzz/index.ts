/** The fuzzer as a library; what `import 'allocert/fuzz'` gives. */
export * from '../oracles/index.ts';
export {
  type Budget,
  type CampaignEnd,
  type CampaignOptions,
  runCampaign,
} from './campaign/campaign.ts';
export { PLANTED, withCanary } from './campaign/canary.ts';
export { type Pruned, type PruneTarget, pruneCorpus } from './campaign/prune.ts';
export { type CanaryEnd, findCanary, type SelfCheck, selfCheck } from './campaign/self-check.ts';
export {
  CORPUS_LIMITS,
  Corpus,
  type CorpusLimits,
  type CorpusState,
  EPOCH_ROUNDS,
} from './corpus/corpus.ts';
export { type Coverage, coverageOf } from './corpus/coverage.ts';
export { type CorpusEntry, entryFrom, entryOf, type StoredEntry } from './corpus/entry.ts';
export { CorpusFolder, existingFolder, type FolderContent } from './corpus/folder.ts';
export {
  answerTask,
  type WorkerAnswer,
  WorkerPool,
  type WorkerSetting,
  type WorkerTask,
} from './execute/pool.ts';
export {
  operationsIn,
  type Round,
  type RoundOrigin,
  runScenario,
  scenarioOf,
} from './execute/round.ts';
export {
  type Introduction,
  type Proof,
  type RoundDone,
  type RoundReport,
  type Rounds,
  Runner,
  type RunnerOptions,
} from './execute/runner.ts';
export { type Replayed, readFinding, replayFinding, shareText } from './findings/replay.ts';
export { MODES, type Mode, modesFor } from './generate/modes.ts';
export { type Scenario, type World, worldOf } from './generate/scenario.ts';
export { type Choice, type Setting, settingFor } from './generate/setting.ts';
export { type Interval, wilson } from './judge/interval.ts';
export { judge, type Reading, type Rules, readingOf, signatureOf } from './judge/judge.ts';
export { type ShrinkOptions, type Shrunk, shrink } from './minimize/shrink.ts';
export { evidenceOf, type Finding, tokenOf } from './record/finding.ts';
export { CampaignJournal } from './record/journal.ts';
export { type CampaignLine, JOURNAL } from './record/journal-lines.ts';
export { type Before, readCampaign } from './record/journal-reader.ts';
export { type FuzzSummary, SUMMARY } from './record/summary.ts';
export { type Reproducer, reproducerOf } from './reproduce/index.ts';
