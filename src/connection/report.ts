/** Numbers of the addon turned into the values that the public types describe. */
import type {NativeEndpoint} from '../internal/native.js';
import type {SocketAddress, TcpInfo} from '../connection-types.js';
import {report as field} from '../loop/layout.js';

const unixFamily = 1;

export function toSocketAddress([address, port, family, path]: NativeEndpoint): SocketAddress {
	if (family === unixFamily) return Object.freeze({address: '', port: 0, family: 'unix', path});
	return Object.freeze({address, port, family: family === 6 ? 'ipv6' : 'ipv4'});
}

/** null where the kernel has no TCP_INFO: a unix socket. */
export function toTcpInfo(report: Float64Array): TcpInfo | null {
	if (report[field.hasTcpInfo] === 0) return null;
	const at = (index: number): number => report[field.tcpInfoAt + index] as number;
	return {
		state: at(0),
		rtt: at(1),
		rttVariation: at(2),
		minRtt: at(3),
		congestionWindow: at(4),
		sendMss: at(5),
		receiveMss: at(6),
		unacked: at(7),
		lost: at(8),
		retransmits: at(9),
		bytesAcked: at(10),
		bytesReceived: at(11),
		notSentBytes: at(12),
		deliveryRate: at(13),
	};
}
