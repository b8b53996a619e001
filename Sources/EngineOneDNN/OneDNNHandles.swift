import COneDNN
import Graphs
import Support
import Tensors

/// Turns oneDNN's status into a `Problem` that says what was being done.
func check(_ status: Int32, _ action: @autoclosure () -> String) throws(Problem) {
  guard status == 0 else {
    throw .failure(
      unsafe "oneDNN failed to \(action()): \(String(cString: cdnn_status_text(status)))",
      remedy: "Try `--engine openblas`; `heatdrift doctor` checks both engines.")
  }
}

/// A CPU engine of oneDNN with a stream of its own.
@safe final class OneDNNContext: EngineContext, @unchecked Sendable {
  let handle: OpaquePointer
  private let owner: OneDNNContext?

  /// - Parameter owner: whose engine to share; primitives run only on contexts of the engine they were made with.
  init(sharing owner: OneDNNContext? = nil) throws(Problem) {
    var handle: OpaquePointer?
    try unsafe check(cdnn_context_create(&handle, owner?.handle), "start its CPU engine")
    guard let handle = unsafe handle else { throw .failure("oneDNN gave no engine") }
    unsafe self.handle = unsafe handle
    self.owner = owner
  }

  deinit { unsafe cdnn_context_destroy(handle) }

  func enterThread() { cdnn_use_one_thread() }
}

/// Extents and arrangement of floats in memory; immutable.
@safe final class OneDNNLayout: @unchecked Sendable {
  let handle: OpaquePointer

  init?(adopting handle: OpaquePointer?) {
    guard let handle = unsafe handle else { return nil }
    unsafe self.handle = unsafe handle
  }

  /// Row-major.
  init(_ extents: [Int]) throws(Problem) {
    var handle: OpaquePointer?
    try unsafe check(
      cdnn_layout_create(&handle, Int32(extents.count), extents.map(Int64.init)),
      "describe a tensor of extents \(extents)")
    guard let handle = unsafe handle else { throw .failure("oneDNN gave no layout") }
    unsafe self.handle = unsafe handle
  }

  /// That of loops: row-major, or with channels in blocks of which `takes` says that there is such a layout.
  convenience init(_ order: ElementOrder) throws(Problem) {
    guard order.block > 1 else {
      try self.init(order.shape.batchExtents)
      return
    }
    var handle: OpaquePointer?
    try unsafe check(
      cdnn_layout_create_blocked(&handle, order.shape.batchExtents.map(Int64.init), Int64(order.block)),
      "describe \(order.shape) in blocks of \(order.block)")
    guard let handle = unsafe handle else { throw .failure("oneDNN gave no layout") }
    unsafe self.init(owning: handle)
  }

  private init(owning handle: OpaquePointer) { unsafe self.handle = unsafe handle }

  deinit { unsafe cdnn_layout_destroy(handle) }

  /// The channels `offset ..< offset + extents[1]` of this layout; nil where its blocks do not allow it.
  func channels(from offset: Int, extents: [Int]) -> OneDNNLayout? {
    var slice: OpaquePointer?
    var offsets = [Int64](repeating: 0, count: extents.count)
    offsets[1] = Int64(offset)
    guard unsafe cdnn_layout_slice(&slice, handle, extents.map(Int64.init), offsets) == 0 else { return nil }
    return unsafe OneDNNLayout(adopting: slice)
  }

  func equals(_ other: OneDNNLayout) -> Bool { unsafe cdnn_layout_equal(handle, other.handle) }

  /// See `FeatureMaps.block`; nil for another arrangement.
  var channelBlock: Int? {
    let block = unsafe Int(cdnn_layout_channel_block(handle))
    return block > 0 ? block : nil
  }

  /// The order that loops can take a value of this shape in as it lies; row-major where there is none.
  func order(of shape: Shape) -> ElementOrder {
    guard shape.rank == 3, let block = channelBlock, block == shape[0] || ElementOrder.commonBlocks.contains(block)
    else {
      return ElementOrder(shape)
    }
    return ElementOrder(shape, block: block)
  }

  /// Floats, padding included.
  var count: Int { unsafe (cdnn_layout_bytes(handle) + 3) / 4 }
}

/// A computation that oneDNN has prepared; shared by all threads, each of which brings its own memory.
@safe final class OneDNNPrimitive: @unchecked Sendable {
  let handle: OpaquePointer
  let scratchpadCount: Int
  let action: String

  /// - Parameter action: for messages: "convolve layer1.0.conv1".
  init(
    _ action: String, _ create: (UnsafeMutablePointer<OpaquePointer?>) -> Int32
  ) throws(Problem) {
    var handle: OpaquePointer?
    try unsafe check(create(&handle), action)
    guard let handle = unsafe handle else { throw .failure("oneDNN gave no primitive to \(action)") }
    unsafe self.handle = unsafe handle
    self.action = action
    // One cache line more, so that what follows in the scratch memory stays aligned.
    scratchpadCount = unsafe (cdnn_primitive_scratchpad_bytes(handle) + 63) / 64 * 16
  }

  deinit { unsafe cdnn_primitive_destroy(handle) }

  var implementation: String { unsafe String(cString: cdnn_primitive_implementation(handle)) }

  func layout(_ argument: OneDNNArgument) throws(Problem) -> OneDNNLayout {
    guard let layout = unsafe OneDNNLayout(adopting: cdnn_primitive_layout(handle, argument.code)) else {
      throw .failure("oneDNN's primitive to \(action) has no argument \(argument)")
    }
    return layout
  }

  func workspaceBytes() -> Int {
    unsafe OneDNNLayout(adopting: cdnn_primitive_layout(handle, OneDNNArgument.workspace.code)).map {
      unsafe cdnn_layout_bytes($0.handle)
    } ?? 0
  }

  /// Of a backward primitive, `source` and `destination` are the gradients that belong to them.
  func run(
    on context: OneDNNContext, source: LentFloats, weights: LentFloats? = nil, bias: LentFloats? = nil,
    addend: LentFloats? = nil, workspace: LentFloats? = nil, destination: LentFloats, scratchpad: LentFloats
  ) throws(Problem) {
    var codes = [OneDNNArgument.source.code, OneDNNArgument.destination.code]
    var floats = LentParts(source)
    floats.append(destination)
    func add(_ argument: OneDNNArgument) { codes.append(argument.code) }
    if let weights {
      add(.weights)
      floats.append(weights)
    }
    if let bias {
      add(.bias)
      floats.append(bias)
    }
    if let addend {
      add(.addend)
      floats.append(addend)
    }
    if let workspace {
      add(.workspace)
      floats.append(workspace)
    }
    try execute(on: context, codes, floats, scratchpad: scratchpad)
  }

  /// A concatenation.
  func run(
    on context: OneDNNContext, sources: LentParts, destination: LentFloats, scratchpad: LentFloats
  ) throws(Problem) {
    var floats = sources
    floats.append(destination)
    let codes = (0..<sources.count).map { OneDNNArgument.sources($0).code } + [OneDNNArgument.destination.code]
    try execute(on: context, codes, floats, scratchpad: scratchpad)
  }

  /// A reorder of what is no aligned buffer.
  func run(
    on context: OneDNNContext, source: Span<Float>, destination: LentFloats, scratchpad: LentFloats
  ) throws(Problem) {
    let status = unsafe source.withUnsafeBufferPointer { source in
      unsafe withPointers(destination, scratchpad) { destination, scratchpad in
        // oneDNN's interface does not tell what it only reads from what it writes; a source is only read.
        let arguments = unsafe [
          cdnn_argument(
            argument: OneDNNArgument.source.code, data: UnsafeMutableRawPointer(mutating: source.baseAddress)),
          cdnn_argument(argument: OneDNNArgument.destination.code, data: destination),
        ]
        return unsafe cdnn_execute(handle, context.handle, arguments, Int32(arguments.count), scratchpad)
      }
    }
    try check(status, action)
  }

  private func execute(
    on context: OneDNNContext, _ codes: [Int32], _ floats: LentParts, scratchpad: LentFloats
  ) throws(Problem) {
    let status = unsafe floats.withPointers { floats in
      unsafe scratchpad.withPointer { scratchpad in
        let arguments = unsafe zip(codes, floats).map { unsafe cdnn_argument(argument: $0, data: $1) }
        return unsafe cdnn_execute(handle, context.handle, arguments, Int32(arguments.count), scratchpad)
      }
    }
    try check(status, action)
  }
}

enum OneDNNArgument: Sendable, Equatable {
  case source, weights, bias, destination, workspace, addend
  /// Of a concatenation.
  case sources(Int)

  var code: Int32 {
    switch self {
    case .source: Int32(cdnn_source)
    case .weights: Int32(cdnn_weights)
    case .bias: Int32(cdnn_bias)
    case .destination: Int32(cdnn_destination)
    case .workspace: Int32(cdnn_workspace)
    case .addend: Int32(cdnn_addend)
    case .sources(let index): Int32(cdnn_sources) + Int32(index)
    }
  }
}

/// A copy from one layout to another; nothing to do where they are equal.
struct OneDNNReorder: Sendable {
  private let primitive: OneDNNPrimitive?
  private let count: Int

  init(from: OneDNNLayout, to: OneDNNLayout, context: OneDNNContext) throws(Problem) {
    count = to.count
    if from.equals(to) {
      primitive = nil
    } else {
      primitive = unsafe try OneDNNPrimitive("reorder a tensor") {
        unsafe cdnn_reorder($0, context.handle, from.handle, to.handle)
      }
    }
  }

  var isNeeded: Bool { primitive != nil }
  var scratchpadCount: Int { primitive?.scratchpadCount ?? 0 }

  /// Copies, also where the layouts are equal.
  func run(
    _ source: LentFloats, to destination: LentFloats, context: OneDNNContext, scratchpad: LentFloats
  ) throws(Problem) {
    guard let primitive else {
      destination.copy(source, count: count)
      return
    }
    try primitive.run(on: context, source: source, destination: destination, scratchpad: scratchpad)
  }

  /// The same of values that lie elsewhere.
  /// - Precondition: they are as many as the layout that they are in takes.
  func run(
    _ source: Span<Float>, to destination: LentFloats, context: OneDNNContext, scratchpad: LentFloats
  ) throws(Problem) {
    guard let primitive else {
      precondition(source.count == count)
      destination.copy(source)
      return
    }
    try primitive.run(on: context, source: source, destination: destination, scratchpad: scratchpad)
  }
}
