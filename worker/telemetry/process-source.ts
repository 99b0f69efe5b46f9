import { gauge, type Source } from './family.js';

/** What operators ask of any process, under the names that Prometheus' own libraries give it. */
export const processSource: Source = async () => {
  const { user, system } = process.cpuUsage();
  return [
    gauge('process_start_time_seconds', 'When the process began, in seconds since the epoch.', performance.timeOrigin / 1_000),
    gauge('process_resident_memory_bytes', 'Memory of the process.', process.memoryUsage.rss()),
    {
      name: 'process_cpu_seconds_total',
      help: 'CPU time of the process.',
      type: 'counter',
      series: [{ labels: {}, value: (user + system) / 1_000_000 }],
    },
  ];
};
