/** A B C D A B C D ...: what disturbs the machine for a while then disturbs all of them. */
export async function interleave<Server extends {readonly name: string; readonly title: string}, Sample>(
	repetitions: number,
	servers: readonly Server[],
	measure: (server: Server) => Promise<Sample>,
): Promise<Map<Server['name'], Sample[]>> {
	const samples = new Map<Server['name'], Sample[]>(servers.map(({name}) => [name, []]));
	for (let repetition = 1; repetition <= repetitions; repetition++) {
		for (const server of servers) {
			if (process.stderr.isTTY)
				process.stderr.write(`\r\u001B[K  ${repetition} of ${repetitions}: ${server.title}`);
			samples.get(server.name)?.push(await measure(server));
		}
	}
	if (process.stderr.isTTY) process.stderr.write('\r\u001B[K');
	return samples;
}
