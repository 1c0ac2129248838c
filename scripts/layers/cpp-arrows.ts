/** The arrows between the native folders: binding -> core/tcp -> core/loop -> core/base -> libc. */
import {resolveInclude, parseIncludes, type Include} from './cpp-includes.js';
import type {Problem} from './problem.js';
import {isCpp, type SourceFile} from './source-tree.js';

/** What each layer may include of ours; a folder that is missing here is no layer. */
const layers = new Map([
	['core/base', ['core/base']],
	['core/loop', ['core/loop', 'core/base']],
	['core/tcp', ['core/tcp', 'core/loop', 'core/base']],
	['binding', ['binding', 'core/tcp', 'core/loop', 'core/base']],
	['test', ['test', 'core/tcp', 'core/loop', 'core/base']],
]);

/** Headers of the C++ standard library have neither a dot nor a slash. */
const standardHeader = /^[a-z_\d]+$/u;
/** The C library and the kernel. */
const systemHeader =
	/^(?:(?:sys|netinet|arpa|linux|net)\/[a-z_\d]+|dirent|errno|fcntl|ifaddrs|limits|netdb|poll|pthread|sched|signal|std\w+|string|time|unistd)\.h$/u;
const nodeHeader = /^(?:node|node_api|node_.*|js_native_api.*|napi.*|uv|uv\/.*|v8.*|cppgc\/.*|libplatform\/.*)\.h$/u;
/** Of Node's headers, those that are Node-API, its C++ face, or libuv. */
const bindingHeader = /^(?:node_api|js_native_api|napi|uv)\.h$/u;

function layerOf(file: string): string | undefined {
	const folder = /^native\/(?<layer>core\/[^/]+(?=\/)|[^/]+(?=\/))/u.exec(file)?.groups?.['layer'];
	return folder !== undefined && layers.has(folder) ? folder : undefined;
}

export function checkIncludes(files: readonly SourceFile[]): Problem[] {
	const native = files.filter(({path}) => path.startsWith('native/') && isCpp(path));
	const known = new Set(native.map(({path}) => path));
	return [...native.flatMap(file => checkFile(file, known)), ...checkOnlyOnce(native)];
}

function checkFile(source: SourceFile, known: ReadonlySet<string>): Problem[] {
	const file = source.path;
	const layer = layerOf(file);
	if (layer === undefined) {
		return [
			{file, line: 0, rule: 'native-folders', message: `no layer of native/: ${[...layers.keys()].join(', ')}`},
		];
	}
	return parseIncludes(source).flatMap(include => {
		const found = include.system ? checkSystem(layer, include) : checkOwn(layer, include, known);
		return found === undefined ? [] : [{file, line: include.line, ...found}];
	});
}

type Objection = Pick<Problem, 'rule' | 'message'>;

function checkOwn(layer: string, include: Include, known: ReadonlySet<string>): Objection | undefined {
	const target = resolveInclude(include, known);
	const targetLayer = layerOf(target);
	if (targetLayer !== undefined && layers.get(layer)?.includes(targetLayer)) return undefined;
	if (targetLayer === undefined && nodeHeader.test(include.name)) return checkSystem(layer, include);
	return {rule: 'native-arrows', message: `${layer} must not include "${include.name}"`};
}

function checkSystem(layer: string, {name}: Include): Objection | undefined {
	if (nodeHeader.test(name)) {
		if (layer === 'binding' && bindingHeader.test(name)) return undefined;
		const known =
			layer === 'binding' ? 'the binding knows Node-API and libuv only' : 'the core knows nothing of Node';
		return {rule: 'no-node-in-core', message: `${known}: not <${name}>`};
	}
	if (standardHeader.test(name) || systemHeader.test(name)) return undefined;
	return {
		rule: 'native-arrows',
		message: `${layer} must not include <${name}>: it is not of libc or the standard library`,
	};
}

/** Headers behind which one file hides a facility of the system, and the folder whose first .cc makes it due. */
const onlyOnce = [
	{header: 'sys/epoll.h', due: 'native/core/loop/'},
	{header: 'sys/timerfd.h', due: 'native/core/loop/'},
	{header: 'uv.h', due: 'native/binding/'},
];

function checkOnlyOnce(native: readonly SourceFile[]): Problem[] {
	const library = native.filter(({path}) => !path.startsWith('native/test/'));
	const includes = library.flatMap(parseIncludes);
	return onlyOnce.flatMap(({header, due}): Problem[] => {
		const users = includes.filter(({name}) => name === header);
		const rule = 'one-file-only';
		if (users.length === 0) {
			if (!library.some(({path}) => path.startsWith(due) && path.endsWith('.cc'))) return [];
			return [{file: due, line: 0, rule, message: `no file includes <${header}>; exactly one has to`}];
		}
		const first = users[0]?.file;
		return users
			.slice(1)
			.map(({file, line}) => ({file, line, rule, message: `<${header}> belongs to ${first} alone`}));
	});
}
