import { shorten } from '../../sdk/authoring/shorten.js';
import { type HeadraceError, PermissionDeniedError, ValidationError } from '../../sdk/index.js';
import { workFailed } from '../outside/work-failed.js';

/** Classes of exceptions that come again however often it is tried. */
const ofTheUser =
  /\b(ArithmeticException|NumberFormatException|ClassCastException|ClassNotFoundException|NoClassDefFoundError|NoSuchMethodError|InvalidProgramException|ProgramInvocationException|ProgramParametrizationException|ProgramMissingJobException|SqlParserException|SqlParserEOFException|SqlValidateException|ValidationException|TableException|CalciteContextException|SqlParseException|CodeGenException)\b/;
/** What the gateway says of a setting, a catalog or a database that cannot be, in classes that mean other things, too. */
const ofTheSession = /Could not parse value .* for key .*|A (?:catalog|database) with name .* does not exist.*/;
/** What may not come again, also where a program's main method met it. */
const ofTheMoment =
  /\b(ConnectException|HttpHostConnectException|UnknownHostException|NoRouteToHostException|Socket(?:Timeout)?Exception|TimeoutException|NoResourceAvailableException|RemoteTransportException|PartitionNotFoundException|TaskManagerLostException|HeartbeatTimeoutException|SQLTransient\w*Exception|SQLRecoverableException|Connection reset|Slow ?Down|Status Code: (?:429|50[0234]))\b/;
const ofRights = /\b(AccessDeniedException|AccessControlException|AuthorizationException|AuthenticationException|NotAuthorizedException)\b/;

/** What a Java stack says in the end, and the error that it stands for. */
export function flinkError(connection: string, stack: string): HeadraceError {
  const said = ofTheSession.exec(stack)?.[0] ?? causes(stack).at(-1) ?? 'no reason is given';
  const message = shorten(`Flink: ${said}`, 4_000);
  if (ofRights.test(stack)) return new PermissionDeniedError(message, { where: connection });
  if ((ofTheUser.test(stack) || ofTheSession.test(stack)) && !ofTheMoment.test(stack))
    return new ValidationError(message, { where: connection, fix: 'Correct the job: trying the same again does not help.' });
  return workFailed('Flink', connection, shorten(said, 4_000));
}

/** What went wrong, from the outermost to the innermost, each with the lines of its message. */
function causes(stack: string): string[] {
  const lines = stack.split('\n').filter((line) => line.trim() !== '' && !/^\s+(at |\.\.\. )|^(End of exception|<Exception)/.test(line));
  return lines
    .join('\n')
    .split(/^\s*Caused by: /m)
    .map((text) => text.trim())
    .filter((text) => text !== '');
}

/** The texts of an answer of Flink that refuses. */
export function errorsOf(json: unknown): string {
  const { errors } = (json ?? {}) as { errors?: unknown };
  return Array.isArray(errors) ? errors.join('\n') : '';
}
