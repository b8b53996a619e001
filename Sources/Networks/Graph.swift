import Tensors

/// Index of a node in a network's graph; every node produces one value.
public typealias NodeIndex = Int

/// A sliding window: kernel, stride and padding, each (height, width).
public struct Window: Sendable, Hashable {
  public var kernelHeight: Int
  public var kernelWidth: Int
  public var stride: Int
  public var paddingHeight: Int
  public var paddingWidth: Int
  /// Whether a last place that the window fills only in part counts too: PyTorch's `ceil_mode`, of poolings only.
  public var roundsUp = false

  public init(kernelHeight: Int, kernelWidth: Int, stride: Int, paddingHeight: Int, paddingWidth: Int) {
    self.kernelHeight = kernelHeight
    self.kernelWidth = kernelWidth
    self.stride = stride
    self.paddingHeight = paddingHeight
    self.paddingWidth = paddingWidth
  }

  public init(kernel: Int, stride: Int, padding: Int) {
    self.init(kernelHeight: kernel, kernelWidth: kernel, stride: stride, paddingHeight: padding, paddingWidth: padding)
  }

  /// The number of places the window takes.
  func outputHeight(of height: Int) -> Int { places(height, kernel: kernelHeight, padding: paddingHeight) }
  func outputWidth(of width: Int) -> Int { places(width, kernel: kernelWidth, padding: paddingWidth) }

  private func places(_ extent: Int, kernel: Int, padding: Int) -> Int {
    let room = extent + 2 * padding - kernel
    guard roundsUp else { return room / stride + 1 }
    let count = (room + stride - 1) / stride + 1
    // A window that would begin in the padding behind the map is left out, as PyTorch does.
    return (count - 1) * stride >= extent + padding ? count - 1 : count
  }

  func fits(height: Int, width: Int) -> Bool {
    height + 2 * paddingHeight >= kernelHeight && width + 2 * paddingWidth >= kernelWidth
  }
}

/// A convolution without dilation. Weights are `path.weight` (output, input / groups, kernel height, kernel width)
/// and, where there is one, `path.bias` (output).
public struct Convolution: Sendable, Hashable {
  public var path: String
  public var inputChannels: Int
  public var outputChannels: Int
  public var window: Window
  public var groups: Int
  public var hasBias: Bool
}

/// Batch normalisation with running statistics: `path.weight`, `.bias`, `.running_mean`, `.running_var`.
public struct BatchNormalisation: Sendable, Hashable {
  public var path: String
  public var channels: Int
  public var epsilon: Double
}

/// A fully connected layer: `path.weight` (output, input), `path.bias` (output).
public struct Linear: Sendable, Hashable {
  public var path: String
  public var inputFeatures: Int
  public var outputFeatures: Int
}

/// Maximum or average over a window. The average divides by the whole window, padding included, as
/// `torch.nn.functional.avg_pool2d` does by default.
public struct Pooling: Sendable, Hashable {
  public enum Kind: Sendable, Hashable { case maximum, average }
  public var kind: Kind
  public var window: Window
}

/// What a node computes from the values of its inputs.
public enum Operation: Sendable, Hashable {
  /// The image after mean/std normalisation, (3, S, S).
  case image
  case convolution(Convolution)
  case batchNormalisation(BatchNormalisation)
  case relu
  case pooling(Pooling)
  /// Average over windows of varying size such that (height, width) become these.
  case adaptiveAveragePooling(Int, Int)
  case add
  /// Along channels.
  case concatenation
  /// Of the flattened input.
  case linear(Linear)
}

/// One operation of a network's graph.
public struct Node: Sendable {
  public var operation: Operation
  public var inputs: [NodeIndex]
  /// (channels, height, width), or (features) after a fully connected layer.
  public var shape: Shape
  /// The names under which this value is known, the canonical one first; empty for inner values.
  public var names: [String]
  /// Part of `layers: all`.
  public var isInAll: Bool
}
