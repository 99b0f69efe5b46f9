import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

interface NodeSettings {
  folder: string;
  /** Where the programs were unpacked. */
  programs: string;
  /** Below it are the pods' cgroups. */
  cgroup: string;
  /** The image of what holds a pod's namespaces. */
  sandbox: string;
  ports: { kubelet: number; health: number };
}

/** Writes the settings of containerd, of its network and of the kubelet into the folder. */
export function writeSettings(settings: NodeSettings): void {
  const { folder } = settings;
  mkdirSync(join(folder, 'network'));
  writeFileSync(join(folder, 'containerd.toml'), containerd(settings));
  writeFileSync(join(folder, 'network/pods.conflist'), JSON.stringify(network));
  writeFileSync(join(folder, 'kubelet.yaml'), JSON.stringify(kubelet(settings)));
}

// Where a container is our machine, root has less than all rights: nothing may be kept from being killed when memory is short, and no AppArmor.
const containerd = ({ folder, programs, sandbox }: NodeSettings) => `version = 2
[grpc]
  address = "${folder}/containerd.sock"
[plugins."io.containerd.internal.v1.opt"]
  path = "/var/lib/containerd/opt"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${sandbox}"
  restrict_oom_score_adj = true
  disable_apparmor = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    conf_dir = "${folder}/network"
    bin_dir = "${programs}/usr/lib/cni"
`;

/** Each pod has a line to the machine alone, with addresses that are kept for benchmarks (RFC 2544). */
const network = {
  cniVersion: '0.4.0',
  name: 'pods',
  plugins: [{ type: 'ptp', ipam: { type: 'host-local', ranges: [[{ subnet: '198.18.77.0/24' }]] } }],
};

function kubelet({ folder, cgroup, ports }: NodeSettings): unknown {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    containerRuntimeEndpoint: `unix://${folder}/containerd.sock`,
    address: '127.0.0.1',
    port: ports.kubelet,
    healthzPort: ports.health,
    healthzBindAddress: '127.0.0.1',
    authentication: { anonymous: { enabled: true }, webhook: { enabled: false } },
    authorization: { mode: 'AlwaysAllow' },
    cgroupDriver: 'cgroupfs',
    cgroupRoot: `/${cgroup}`,
    failCgroupV1: false,
    failSwapOn: false,
    featureGates: { KubeletInUserNamespace: true },
    oomScoreAdj: 0,
    resolvConf: '',
    makeIPTablesUtilChains: false,
    localStorageCapacityIsolation: false,
    // The machine is not this node's own: how full it is says nothing.
    evictionHard: { 'memory.available': '0%', 'nodefs.available': '0%', 'imagefs.available': '0%', 'nodefs.inodesFree': '0%' },
    imageGCHighThresholdPercent: 100,
  };
}
