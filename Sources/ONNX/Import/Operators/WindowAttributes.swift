import Graphs
import Support

/// Where a window slides, by the attributes that convolutions and poolings share.
struct WindowAttributes {
  /// By spatial axis, of values of one axis with an axis of 1 before it.
  let axes: [Window.Axis]
  let roundsUp: Bool

  /// - Parameters:
  ///   - kernel: extents of the kernel.
  ///   - spatial: extents that it slides over.
  init(_ application: Application, kernel: [Int], spatial: [Int]) throws(Problem) {
    guard kernel.count == spatial.count, (1...2).contains(spatial.count) else {
      throw application.unsupported(
        "a window of \(kernel.count) axes over \(spatial.count)",
        supported: "maps of rows and columns, and of columns alone")
    }
    func numbers(_ name: String, _ standard: Int, count: Int, least: Int) throws(Problem) -> [Int] {
      guard let found = try application.ints(name) else { return [Int](repeating: standard, count: count) }
      guard found.count == count, found.allSatisfy({ (least...1 << 30).contains($0) }) else {
        throw application.wrong("`\(name)` of \(found)", expected: "\(count) numbers of at least \(least)")
      }
      return found
    }
    guard kernel.allSatisfy({ (1...1 << 30).contains($0) }) else {
      throw application.wrong("a kernel of \(kernel)", expected: "extents of at least 1")
    }
    let strides = try numbers("strides", 1, count: kernel.count, least: 1)
    let dilations = try numbers("dilations", 1, count: kernel.count, least: 1)
    var pads = [Int](repeating: 0, count: 2 * kernel.count)
    let automatic = try application.string("auto_pad", "NOTSET")
    switch automatic {
    case "NOTSET", "": pads = try numbers("pads", 0, count: 2 * kernel.count, least: 0)
    case "VALID": break
    case "SAME_UPPER", "SAME_LOWER":
      for axis in kernel.indices {
        let places = (spatial[axis] + strides[axis] - 1) / strides[axis]
        let reach = (kernel[axis] - 1) * dilations[axis] + 1
        let total = max(0, (places - 1) * strides[axis] + reach - spatial[axis])
        let lesser = total / 2
        pads[axis] = automatic == "SAME_UPPER" ? lesser : total - lesser
        pads[axis + kernel.count] = total - pads[axis]
      }
    default:
      throw application.wrong(
        "`auto_pad` of `\(printable(automatic))`", expected: "NOTSET, VALID, SAME_UPPER or SAME_LOWER")
    }
    let axes = kernel.indices.map { axis in
      Window.Axis(
        kernel: kernel[axis], stride: strides[axis], dilation: dilations[axis], paddingBefore: pads[axis],
        paddingAfter: pads[axis + kernel.count])
    }
    self.axes = axes.count == 1 ? [Window.Axis(kernel: 1)] + axes : axes
    roundsUp = try application.int("ceil_mode", 0) != 0
  }

  var window: Window { Window(vertical: axes[0], horizontal: axes[1], roundsUp: roundsUp) }
}

extension Tracer {
  /// A value as a node of (channels, height, width); of one spatial axis with a height of 1.
  func map(_ value: Value, _ application: Application) throws(Problem) -> (
    node: NodeIndex, spatial: [Int], channels: Int
  ) {
    guard case .traced(let traced) = value else {
      throw application.unsupported("a constant input", supported: "values that depend on the image")
    }
    let shape = traced.shape
    guard (3...4).contains(shape.count) else {
      throw application.unsupported(
        "a value of \(dimensions(shape))", supported: "batch x channels x height x width, or batch x channels x width")
    }
    guard shape[0] == 1 else {
      throw application.unsupported("a batch of \(shape[0]) in \(dimensions(shape))", supported: "one image")
    }
    let node = try node(of: traced, arranged: shape.count == 4 ? [1, 2, 3] : [1, nil, 2])
    return (node, Array(shape[2...]), shape[1])
  }

  /// The value of a node of (channels, height, width), with as many axes as the model has.
  func value(ofMap node: NodeIndex, rank: Int) -> Value {
    let shape = shape(of: node)
    if rank == 4 { return value(node, [1] + shape.dimensions) }
    return .traced(Traced(node: node, shape: [1, shape[0], shape[2]], axes: [-1, 0, 2]))
  }
}
