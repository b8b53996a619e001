/// A sliding window: of a convolution or a pooling, over the rows and over the columns of a map.
///
/// It can say whatever a file may say. What makes no sense is refused where a graph is made (`Graph.init`).
public struct Window: Sendable, Hashable {
  /// The window along one axis, in elements.
  public struct Axis: Sendable, Hashable {
    /// How many it covers.
    public var kernel: Int
    /// From one place to the next.
    public var stride: Int
    /// From one element of the kernel to the next; 1 is beside each other.
    public var dilation: Int
    /// Around the map, before its first element.
    public var paddingBefore: Int
    /// Behind its last element.
    public var paddingAfter: Int

    public init(kernel: Int, stride: Int = 1, dilation: Int = 1, paddingBefore: Int = 0, paddingAfter: Int = 0) {
      self.kernel = kernel
      self.stride = stride
      self.dilation = dilation
      self.paddingBefore = paddingBefore
      self.paddingAfter = paddingAfter
    }

    /// Elements from the kernel's first to its last, both included.
    public var reach: Int { (kernel - 1) * dilation + 1 }

    func fits(_ extent: Int) -> Bool { extent + paddingBefore + paddingAfter >= reach }

    /// - Precondition: `fits(extent)`.
    func places(_ extent: Int, roundsUp: Bool) -> Int {
      let room = extent + paddingBefore + paddingAfter - reach
      guard roundsUp else { return room / stride + 1 }
      let count = (room + stride - 1) / stride + 1
      // A window that would begin in the padding behind the map is left out, as PyTorch does.
      return (count - 1) * stride >= extent + paddingBefore ? count - 1 : count
    }
  }

  /// Over the rows.
  public var vertical: Axis
  /// Over the columns.
  public var horizontal: Axis
  /// Whether a last place that the window fills only in part counts too: PyTorch's `ceil_mode`, of poolings only.
  public var roundsUp = false

  public init(vertical: Axis, horizontal: Axis, roundsUp: Bool = false) {
    self.vertical = vertical
    self.horizontal = horizontal
    self.roundsUp = roundsUp
  }

  /// The same stride on both axes, the same padding on both sides.
  public init(kernelHeight: Int, kernelWidth: Int, stride: Int, paddingHeight: Int, paddingWidth: Int) {
    vertical = Axis(kernel: kernelHeight, stride: stride, paddingBefore: paddingHeight, paddingAfter: paddingHeight)
    horizontal = Axis(kernel: kernelWidth, stride: stride, paddingBefore: paddingWidth, paddingAfter: paddingWidth)
  }

  /// A square one: the same kernel, stride and padding on both axes, in elements.
  public init(kernel: Int, stride: Int, padding: Int) {
    self.init(kernelHeight: kernel, kernelWidth: kernel, stride: stride, paddingHeight: padding, paddingWidth: padding)
  }

  /// The number of places the window takes over (height, width).
  func places(height: Int, width: Int) -> (height: Int, width: Int) {
    (vertical.places(height, roundsUp: roundsUp), horizontal.places(width, roundsUp: roundsUp))
  }

  func fits(height: Int, width: Int) -> Bool { vertical.fits(height) && horizontal.fits(width) }
}

extension Window {
  /// Rows that it covers.
  public var kernelHeight: Int { vertical.kernel }
  /// Columns that it covers.
  public var kernelWidth: Int { horizontal.kernel }
}
