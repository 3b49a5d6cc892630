/**
 * The part of ggml's C interface that the engine calls: one line a function, with its prototype as ggml's headers give
 * it and its type for TypeScript. Pointers are addresses (bigint, 0n for NULL); 64-bit sizes arrive as numbers.
 * Source: ggml.h, ggml-alloc.h and ggml-backend.h of the release named in `library.ts`.
 */
import { promisify } from 'node:util'
import koffi, { type KoffiFunc, type LibraryHandle } from 'koffi'

export type Pointer = bigint
/** What a NULL pointer is passed as. */
export const NULL: Pointer = 0n

type Size = number
type P = Pointer

interface InitParams {
  mem_size: Size
  mem_buffer: null
  no_alloc: boolean
}

function proto<F>(
  prototype: string,
  from: 'base' | 'main' = 'base',
): { prototype: string; from: 'base' | 'main'; type?: F } {
  return { prototype, from }
}

type Unary = (c: P, a: P) => P
type Binary = (c: P, a: P, b: P) => P

const TABLE = {
  version: proto<() => string>('const char* ggml_version()'),
  // contexts and tensors
  init: proto<(p: InitParams) => P>('void* ggml_init(ggml_init_params p)'),
  free: proto<(c: P) => void>('void ggml_free(void* c)'),
  reset: proto<(c: P) => void>('void ggml_reset(void* c)'),
  tensorOverhead: proto<() => Size>('size_t ggml_tensor_overhead()'),
  graphOverheadCustom: proto<(n: Size, grads: boolean) => Size>(
    'size_t ggml_graph_overhead_custom(size_t n, bool grads)',
  ),
  nbytes: proto<(t: P) => Size>('size_t ggml_nbytes(const void* t)'),
  rowSize: proto<(type: number, n: number) => Size>('size_t ggml_row_size(int type, int64_t n)'),
  blockSize: proto<(type: number) => number>('int64_t ggml_blck_size(int type)'),
  typeName: proto<(type: number) => string>('const char* ggml_type_name(int type)'),
  newTensor4d: proto<(c: P, type: number, a: number, b: number, d: number, e: number) => P>(
    'void* ggml_new_tensor_4d(void* c, int type, int64_t a, int64_t b, int64_t d, int64_t e)',
  ),
  setOutput: proto<(t: P) => void>('void ggml_set_output(void* t)'),
  opDesc: proto<(t: P) => string>('const char* ggml_op_desc(const void* t)'),
  view4d: proto<
    (c: P, a: P, n0: number, n1: number, n2: number, n3: number, b1: Size, b2: Size, b3: Size, offset: Size) => P
  >(
    'void* ggml_view_4d(void* c, void* a, int64_t n0, int64_t n1, int64_t n2, int64_t n3, size_t b1, size_t b2, size_t b3, size_t offset)',
  ),
  reshape4d: proto<(c: P, a: P, n0: number, n1: number, n2: number, n3: number) => P>(
    'void* ggml_reshape_4d(void* c, void* a, int64_t n0, int64_t n1, int64_t n2, int64_t n3)',
  ),
  permute: proto<(c: P, a: P, x: number, y: number, z: number, w: number) => P>(
    'void* ggml_permute(void* c, void* a, int x, int y, int z, int w)',
  ),
  cont: proto<Unary>('void* ggml_cont(void* c, void* a)'),
  cast: proto<(c: P, a: P, type: number) => P>('void* ggml_cast(void* c, void* a, int type)'),
  cpy: proto<Binary>('void* ggml_cpy(void* c, void* a, void* b)'),
  // arithmetic
  add: proto<Binary>('void* ggml_add(void* c, void* a, void* b)'),
  addInplace: proto<Binary>('void* ggml_add_inplace(void* c, void* a, void* b)'),
  sub: proto<Binary>('void* ggml_sub(void* c, void* a, void* b)'),
  mul: proto<Binary>('void* ggml_mul(void* c, void* a, void* b)'),
  div: proto<Binary>('void* ggml_div(void* c, void* a, void* b)'),
  sqr: proto<Unary>('void* ggml_sqr(void* c, void* a)'),
  sqrt: proto<Unary>('void* ggml_sqrt(void* c, void* a)'),
  sumRows: proto<Unary>('void* ggml_sum_rows(void* c, void* a)'),
  scaleBias: proto<(c: P, a: P, s: number, b: number) => P>(
    'void* ggml_scale_bias(void* c, void* a, float s, float b)',
  ),
  scale: proto<(c: P, a: P, s: number) => P>('void* ggml_scale(void* c, void* a, float s)'),
  mulMat: proto<Binary>('void* ggml_mul_mat(void* c, void* a, void* b)'),
  outProd: proto<Binary>('void* ggml_out_prod(void* c, void* a, void* b)'),
  getRows: proto<Binary>('void* ggml_get_rows(void* c, void* a, void* b)'),
  setRows: proto<(c: P, a: P, b: P, i: P) => P>('void* ggml_set_rows(void* c, void* a, void* b, void* i)'),
  rmsNorm: proto<(c: P, a: P, eps: number) => P>('void* ggml_rms_norm(void* c, void* a, float eps)'),
  rmsNormBack: proto<(c: P, dy: P, x: P, eps: number) => P>(
    'void* ggml_rms_norm_back(void* c, void* a, void* b, float eps)',
  ),
  silu: proto<Unary>('void* ggml_silu(void* c, void* a)'),
  sigmoid: proto<Unary>('void* ggml_sigmoid(void* c, void* a)'),
  tanh: proto<Unary>('void* ggml_tanh(void* c, void* a)'),
  gegluSplit: proto<(c: P, gate: P, up: P) => P>('void* ggml_geglu_split(void* c, void* a, void* b)'),
  concat: proto<(c: P, a: P, b: P, dimension: number) => P>('void* ggml_concat(void* c, void* a, void* b, int dim)'),
  siluBack: proto<(c: P, dy: P, x: P) => P>('void* ggml_silu_back(void* c, void* a, void* b)'),
  swigluSplit: proto<(c: P, gate: P, up: P) => P>('void* ggml_swiglu_split(void* c, void* a, void* b)'),
  diagMaskInfInplace: proto<(c: P, a: P, past: number) => P>(
    'void* ggml_diag_mask_inf_inplace(void* c, void* a, int n)',
  ),
  softMaxExtInplace: proto<(c: P, a: P, mask: P, scale: number, bias: number) => P>(
    'void* ggml_soft_max_ext_inplace(void* c, void* a, void* m, float s, float mb)',
  ),
  scaleInplace: proto<(c: P, a: P, s: number) => P>('void* ggml_scale_inplace(void* c, void* a, float s)'),
  softMaxExt: proto<(c: P, a: P, mask: P, scale: number, bias: number) => P>(
    'void* ggml_soft_max_ext(void* c, void* a, void* m, float s, float mb)',
  ),
  softMaxExtBack: proto<(c: P, dy: P, y: P, scale: number, bias: number) => P>(
    'void* ggml_soft_max_ext_back(void* c, void* a, void* b, float s, float mb)',
  ),
  ropeExt: proto<RopeFunction>(ropePrototype('ggml_rope_ext')),
  ropeExtBack: proto<RopeFunction>(ropePrototype('ggml_rope_ext_back')),
  // graphs
  newGraphCustom: proto<(c: P, n: Size, grads: boolean) => P>(
    'void* ggml_new_graph_custom(void* c, size_t n, bool grads)',
  ),
  buildForwardExpand: proto<(g: P, t: P) => void>('void ggml_build_forward_expand(void* g, void* t)'),
  gallocrNew: proto<(buft: P) => P>('void* ggml_gallocr_new(void* buft)'),
  gallocrFree: proto<(g: P) => void>('void ggml_gallocr_free(void* g)'),
  gallocrAllocGraph: proto<(g: P, graph: P) => boolean>('bool ggml_gallocr_alloc_graph(void* g, void* graph)'),
  gallocrReserveSize: proto<(g: P, graph: P, nodes: null, leaves: null, sizes: [number]) => void>(
    'void ggml_gallocr_reserve_n_size(void* g, void* graph, const int* n, const int* l, _Out_ size_t* sizes)',
  ),
  gallocrBufferSize: proto<(g: P, i: number) => Size>('size_t ggml_gallocr_get_buffer_size(void* g, int i)'),
  graphNodes: proto<(g: P) => number>('int ggml_graph_n_nodes(void* g)'),
  // a graph over several backends
  schedNew: proto<(backends: BigUint64Array, bufts: null, n: number, size: Size, par: boolean, off: boolean) => P>(
    'void* ggml_backend_sched_new(void* backends, void* bufts, int n, size_t size, bool parallel, bool offload)',
  ),
  schedFree: proto<(s: P) => void>('void ggml_backend_sched_free(void* s)'),
  schedReset: proto<(s: P) => void>('void ggml_backend_sched_reset(void* s)'),
  schedAllocGraph: proto<(s: P, graph: P) => boolean>('bool ggml_backend_sched_alloc_graph(void* s, void* g)'),
  schedGraphCompute: proto<(s: P, graph: P) => number>('int ggml_backend_sched_graph_compute(void* s, void* g)'),
  schedBufferSize: proto<(s: P, backend: P) => Size>('size_t ggml_backend_sched_get_buffer_size(void* s, void* b)'),
  schedSplits: proto<(s: P) => number>('int ggml_backend_sched_get_n_splits(void* s)'),
  // buffers and backends
  backendTensorSet: proto<(t: P, data: Buffer | ArrayBufferView, offset: Size, size: Size) => void>(
    'void ggml_backend_tensor_set(void* t, const void* d, size_t o, size_t n)',
  ),
  backendTensorGet: proto<(t: P, data: Buffer | ArrayBufferView, offset: Size, size: Size) => void>(
    'void ggml_backend_tensor_get(const void* t, _Out_ void* d, size_t o, size_t n)',
  ),
  backendTensorMemset: proto<(t: P, value: number, offset: Size, size: Size) => void>(
    'void ggml_backend_tensor_memset(void* t, uint8_t v, size_t o, size_t n)',
  ),
  backendTensorCopy: proto<(from: P, to: P) => void>('void ggml_backend_tensor_copy(const void* a, void* b)'),
  backendTensorAlloc: proto<(buffer: P, t: P, address: P) => number>(
    'int ggml_backend_tensor_alloc(void* b, void* t, void* a)',
  ),
  buftName: proto<(buft: P) => string>('const char* ggml_backend_buft_name(void* b)'),
  buftAllocBuffer: proto<(buft: P, n: Size) => P>('void* ggml_backend_buft_alloc_buffer(void* b, size_t n)'),
  buftAllocSize: proto<(buft: P, t: P) => Size>('size_t ggml_backend_buft_get_alloc_size(void* b, const void* t)'),
  buftMaxSize: proto<(buft: P) => Size | bigint>('size_t ggml_backend_buft_get_max_size(void* b)'),
  buftAlignment: proto<(buft: P) => Size>('size_t ggml_backend_buft_get_alignment(void* b)'),
  cpuBufferFromPtr: proto<(address: P, size: Size) => P>('void* ggml_backend_cpu_buffer_from_ptr(void* p, size_t n)'),
  bufferBase: proto<(buffer: P) => P>('void* ggml_backend_buffer_get_base(void* b)'),
  bufferFree: proto<(buffer: P) => void>('void ggml_backend_buffer_free(void* b)'),
  backendDefaultBufferType: proto<(backend: P) => P>('void* ggml_backend_get_default_buffer_type(void* b)'),
  backendGraphCompute: proto<(backend: P, graph: P) => number>('int ggml_backend_graph_compute(void* b, void* g)'),
  backendFree: proto<(backend: P) => void>('void ggml_backend_free(void* b)'),
  devDescription: proto<(dev: P) => string>('const char* ggml_backend_dev_description(void* d)'),
  devName: proto<(dev: P) => string>('const char* ggml_backend_dev_name(void* d)'),
  devType: proto<(dev: P) => number>('int ggml_backend_dev_type(void* d)'),
  devMemory: proto<(dev: P, free: [number], total: [number]) => void>(
    'void ggml_backend_dev_memory(void* d, _Out_ size_t* f, _Out_ size_t* t)',
  ),
  devSupportsOp: proto<(dev: P, t: P) => boolean>('bool ggml_backend_dev_supports_op(void* d, const void* t)'),
  devInit: proto<(dev: P, params: null) => P>('void* ggml_backend_dev_init(void* d, const char* p)'),
  devReg: proto<(dev: P) => P>('void* ggml_backend_dev_backend_reg(void* d)'),
  regProcAddress: proto<(reg: P, name: string) => P>('void* ggml_backend_reg_get_proc_address(void* r, const char* n)'),
  backendLoadAllFromPath: proto<(folder: string) => void>(
    'void ggml_backend_load_all_from_path(const char* p)',
    'main',
  ),
  devCount: proto<() => number>('size_t ggml_backend_dev_count()', 'main'),
  devGet: proto<(i: number) => P>('void* ggml_backend_dev_get(size_t i)', 'main'),
}

export type RopeFunction = (
  c: P,
  a: P,
  positions: P,
  factors: P,
  dims: number,
  mode: number,
  contextOriginal: number,
  freqBase: number,
  freqScale: number,
  extFactor: number,
  attnFactor: number,
  betaFast: number,
  betaSlow: number,
) => P

function ropePrototype(name: string): string {
  return `void* ${name}(void* c, void* a, void* b, void* f, int nd, int mode, int nc, float fb, float fs, float ef, float af, float bf, float bs)`
}

type FunctionOf<T> = T extends { type?: infer F } ? NonNullable<F> : never
export type Ggml = { [K in keyof typeof TABLE]: FunctionOf<(typeof TABLE)[K]> } & {
  /** `backendGraphCompute` on a thread of libuv's pool, while this one goes on. */
  computeAside(backend: P, graph: P): Promise<number>
}

/** Stack of a call aside, bytes: what koffi gives to one on this thread. Its own default there is 128 KiB. */
const STACK = 2 << 20

let structs = false

/** To be called before the first library is loaded. */
export function prepareCalls(): void {
  if (koffi.config().async_stack_size !== STACK) koffi.config({ async_stack_size: STACK })
}

/** Binds every function of the table; fails on the first that a library lacks. */
export function bindGgml(base: LibraryHandle, main: LibraryHandle): Ggml {
  if (!structs) {
    koffi.struct('ggml_init_params', { mem_size: 'size_t', mem_buffer: 'void*', no_alloc: 'bool' })
    structs = true
  }
  const bound: Record<string, unknown> = {}
  for (const [name, { prototype, from }] of Object.entries(TABLE)) {
    bound[name] = (from === 'base' ? base : main).func(prototype)
  }
  bound.computeAside = promisify((bound.backendGraphCompute as KoffiFunc<(b: P, g: P) => number>).async)
  return bound as Ggml
}

/** Calls a function of a backend that is only reached by name (e.g. `ggml_backend_set_n_threads`). */
export function callProc<R>(address: Pointer, prototype: string, ...args: unknown[]): R {
  const known = protos.get(prototype) ?? koffi.proto(prototype)
  protos.set(prototype, known)
  return koffi.call(address, known, ...args) as R
}
const protos = new Map<string, ReturnType<typeof koffi.proto>>()

/** Reads a NULL-terminated array of pointers. */
export function pointerArray(address: Pointer): Pointer[] {
  const out: Pointer[] = []
  for (let i = 0; ; i++) {
    const value = koffi.decode(address, i * 8, 'void*') as Pointer | null
    if (!value) return out
    out.push(value)
  }
}

/** Where `view_src` stands in `struct ggml_tensor`; `openDevice` proves it on a view before anything relies on it. */
const VIEW_SOURCE = 232

/** The tensor that `t` is a view of, or NULL. */
export function viewSource(t: Pointer): Pointer {
  return (koffi.decode(t, VIEW_SOURCE, 'void*') as Pointer | null) ?? NULL
}

/** Makes a tensor that has no memory yet a view of `source`: what is computed into it stands there. */
export function makeView(t: Pointer, source: Pointer): void {
  koffi.encode(t, VIEW_SOURCE, 'void*', source)
}
