/** A network namespace of the test's own with four local ports to choose from. */
import {spawnSync} from 'node:child_process';

const fourPorts = 'ip link set lo up && echo "40000 40003" > /proc/sys/net/ipv4/ip_local_port_range';

/** Goes before a command. */
export const inNamespace = ['unshare', '-rn', 'sh', '-c', `${fourPorts} && exec "$@"`, 'sh'] as const;

/** false: there is no unshare or no ip, or this user may not make one. */
export function mayUnshare(): boolean {
	return spawnSync(inNamespace[0], [...inNamespace.slice(1), 'true']).status === 0;
}
