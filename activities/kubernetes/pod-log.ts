import type { Cluster } from './cluster.js';
import { containerName } from './job.js';

/** What a pod prints, read on from where it was left: the server says when each line was printed. */
export class PodLog {
  private last = '';

  constructor(
    private readonly cluster: Pick<Cluster, 'namespace' | 'read'>,
    private readonly take: (line: string) => void,
  ) {}

  /** Takes the lines that were printed since. @param ended whether no more will come: until then a line without its end is left for later */
  async readOn(pod: string, ended: boolean, signal: AbortSignal): Promise<void> {
    const since = this.last === '' ? '' : `&sinceTime=${encodeURIComponent(this.last)}`;
    const path = `/api/v1/namespaces/${this.cluster.namespace}/pods/${pod}/log?container=${containerName}&timestamps=true${since}`;
    let pending = '';
    for await (const piece of this.cluster.read("read the pod's log", path, signal)) {
      const lines = (pending + piece).split('\n');
      pending = lines.pop() ?? '';
      for (const line of lines) this.line(line);
    }
    if (ended && pending !== '') this.line(pending);
  }

  private line(stamped: string): void {
    const space = stamped.indexOf(' ');
    const stamp = instant(stamped.slice(0, space), stamped);
    if (stamp <= this.last) return; // sinceTime knows seconds only
    this.last = stamp;
    this.take(stamped.slice(space + 1));
  }
}

/** A time of a log, which may be that of the node's place, as one of UTC: such texts are ordered as the times are. @throws what the node says in its place */
function instant(stamp: string, line: string): string {
  const [, seconds, fraction = '', zone] = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)$/.exec(stamp) ?? [];
  if (seconds === undefined) throw new Error(line);
  const utc = new Date(`${seconds}${zone}`).toISOString().slice(0, seconds.length);
  return `${utc}.${fraction.padEnd(9, '0')}Z`;
}
