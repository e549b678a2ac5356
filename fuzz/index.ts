/**
 * The fuzzer as a library: all that `import 'allocert/fuzz'` gives.
 *
 * The folders follow a round, and each imports only those before it: `generate/` makes scenarios,
 * `corpus/` keeps and changes those worth it, `judge/` says what one proves, `plan/` decides what a
 * round is, `execute/` runs it, `record/` says what is kept of it, `minimize/` makes a finding of
 * what it detected, `reproduce/` writes that as a C program, `findings/` shows it to people,
 * `workers/` do all this in one thread or in several, and `campaign/` has the whole. Nothing here
 * knows an adapter. Start reading at `generate/scenario.ts`, then `campaign/campaign.ts`.
 *
 * @packageDocumentation
 */
export * from '../oracles/index.ts';
export { CAMPAIGN_FILE, type CampaignHeader } from '../reports/journal/campaign-lines.ts';
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
export { CorpusFolder, existingFolder, type FolderContent } from './corpus/corpus-folder.ts';
export { type Coverage, coverageOf } from './corpus/coverage.ts';
export { type CorpusEntry, entryFrom, entryOf, type StoredEntry } from './corpus/entry.ts';
export type { TargetDescription } from './execute/round-runner.ts';
export { runScenario } from './execute/run-scenario.ts';
export { readFinding } from './findings/read-finding.ts';
export { type Replayed, replayFinding, shareText } from './findings/replay.ts';
export { MODES, modesFor, type ScenarioMode } from './generate/modes.ts';
export {
  type GeneratorContext,
  generatorContext,
  operationsIn,
  type Scenario,
} from './generate/scenario.ts';
export { type ConfidenceInterval, wilsonInterval } from './judge/confidence-interval.ts';
export {
  type JudgingRules,
  judgeScenario,
  type Reading,
  readingOf,
  signatureOf,
} from './judge/judge-scenario.ts';
export type { Detection, Round, RoundDone, RoundReport } from './judge/round-report.ts';
export { type ShrinkOptions, type Shrunk, shrink } from './minimize/shrink.ts';
export {
  type CampaignContext,
  type ContextOptions,
  campaignContext,
} from './plan/campaign-context.ts';
export { type RoundOrigin, scenarioOf } from './plan/round-plan.ts';
export { CampaignJournal } from './record/campaign-journal.ts';
export { type CampaignSummary, SUMMARY_FILE } from './record/campaign-summary.ts';
export { type Finding, recordedRun, tokenOf } from './record/finding.ts';
export { type ResumeState, readResumeState } from './record/resume-state.ts';
export { type Reproducer, reproducerOf } from './reproduce/index.ts';
export type { CampaignWorker } from './workers/campaign-worker.ts';
export { LocalWorker, type LocalWorkerOptions } from './workers/local-worker.ts';
export {
  answerTask,
  type WorkerAnswer,
  type WorkerOptions,
  WorkerPool,
  type WorkerTask,
} from './workers/worker-pool.ts';
