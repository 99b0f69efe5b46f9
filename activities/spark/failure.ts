import { type HeadraceError, PermissionDeniedError, SchemaConflictError, ValidationError } from '../../sdk/index.js';
import { workFailed } from '../outside/work-failed.js';

/** What Spark and what lies below it write when trying again cannot help. The first that fits counts. */
const final = [
  {
    kind: PermissionDeniedError,
    says: /AccessControlException|AccessDenied|Access Denied|Permission denied|NotAuthorizedException|ForbiddenException|permission denied for/,
  },
  { kind: SchemaConflictError, says: /\[(INCOMPATIBLE_DATA_FOR_TABLE|INSERT_COLUMN_ARITY_MISMATCH|CANNOT_MERGE_SCHEMAS|INCOMPATIBLE_TABLE_CHANGE)/ },
  {
    kind: ValidationError,
    says: /AnalysisException|ParseException|Failed to load class|ClassNotFoundException|NoClassDefFoundError|NoSuchMethodException|NoSuchFileException|FileNotFoundException|can't open file|SyntaxError|ModuleNotFoundError|\[[A-Z_]+\.?[A-Z_]*\] .*SQLSTATE: (22|42)/,
  },
];
/** What may not come again, whatever it is the consequence of: a lost node takes files and classes with it. */
const ofTheMoment = /FetchFailed|MetadataFetchFailed|ExecutorLostFailure|ExecutorDeadException|OutOfMemoryError|BlockMissingException/;
/** What a job prints that finds its input wrong. */
const refusal = /^headrace: refused/m;

/** The error that a driver's end stands for. @param said its last words */
export function failureOf(connection: string, said: string, cause: string): HeadraceError {
  const message = `Spark: ${cause}\n${essence(said)}`;
  const found = refusal.test(said) ? { kind: ValidationError } : finalIn(reasonIn(said));
  return found === undefined ? workFailed('Spark', connection, message.slice('Spark: '.length)) : new found.kind(message, { where: connection });
}

function finalIn(reason: string) {
  return ofTheMoment.test(reason) ? undefined : final.find(({ says }) => says.test(reason));
}

const longest = 2_000;

/** The reason as an error shows it. */
export function essence(said: string): string {
  return reasonIn(said).slice(0, longest);
}

/** Of a log's end, what tells the reason: from the last traceback or exception on, without the log's own lines. */
function reasonIn(said: string): string {
  const lines = said
    .split('\n')
    .filter((line) => line.trim() !== '' && !/ (INFO|WARN|DEBUG) |^WARNING: |^Using Spark's|^\s+at |^\{"ts"|^Launch Command: |^=+$/.test(line));
  const begins = lines.findLastIndex((line) => /^Traceback|^Exception in thread|^\S*(Exception|Error): /.test(line));
  return (begins === -1 ? lines.slice(-10) : lines.slice(begins)).join('\n');
}
