import { largest } from './result.js';

/** What stands before a result that comes by the log. */
export const resultMark = 'headrace-result ';

/** Bytes of a result that a pod's status has room for: 4,096 are kept, of which a part says how the script ended. */
const inStatus = 3_000;

/**
 * Runs a script in a container: sets its limits, gives it its input, passes a TERM on, and tells its end as JSON in the termination message:
 * `{ code, signal, cost, result }`, or, for a larger result, `{ …, bytes, sha256 }` of the log's last line. Python 3.6 and later.
 */
export const runner = `
import hashlib, json, os, resource, signal, subprocess, sys, tempfile, time

told, kibibytes, seconds, *command = sys.argv[1:]
here = os.path.dirname(os.path.abspath(__file__))
folder = tempfile.mkdtemp()
result = os.path.join(folder, 'result.json')

def limit():
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (int(kibibytes) * 1024,) * 2)
    resource.setrlimit(resource.RLIMIT_CPU, (int(seconds), int(seconds) + 5))

begun = time.monotonic()
environment = dict(os.environ, HEADRACE_RESULT=result, HOME=folder, TMPDIR=folder)
with open(os.path.join(here, 'input.json')) as given:
    child = subprocess.Popen([sys.executable, '-I', '-u'] + command, cwd=folder, env=environment, stdin=given, preexec_fn=limit)
signal.signal(signal.SIGTERM, lambda *_: child.terminate())
code = child.wait()
wall = time.monotonic() - begun
used = resource.getrusage(resource.RUSAGE_CHILDREN)

end = {'code': code, 'signal': None} if code >= 0 else {'code': None, 'signal': signal.Signals(-code).name}
end['cost'] = {'cpuSeconds': round(used.ru_utime + used.ru_stime, 3), 'wallSeconds': round(wall, 3), 'peakMemoryBytes': used.ru_maxrss * 1024}
size = os.path.getsize(result) if os.path.exists(result) else 0
if size > ${largest}:
    end['tooLarge'] = size
elif size > 0:
    try:
        with open(result, encoding='utf8') as file:
            line = json.dumps(json.load(file), separators=(',', ':'), allow_nan=False)
        if len(line) <= ${inStatus}:
            end['result'] = line
        else:
            end.update(bytes=len(line), sha256=hashlib.sha256(line.encode()).hexdigest())
            print('\\n' + ${JSON.stringify(resultMark)} + line, flush=True)
    except ValueError as error:
        end['notJson'] = str(error)[:500]
with open(told, 'w') as file:
    json.dump(end, file)
sys.exit(code if code >= 0 else 128 - code)
`;
