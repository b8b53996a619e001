import Support
import Tensors
import Weights

/// One operation of a graph by loops, forwards and backwards, which both engines share: what their libraries do not have, or
/// not in a form that gives the same bits in every batch.
public protocol ElementLoops: Sendable {
  /// In which orders the inputs have to be given.
  var inputs: [ElementOrder] { get }
  /// Of the value.
  var output: ElementOrder { get }
  /// Floats that `forward` leaves for `backward`.
  var workspaceCount: Int { get }
  /// Floats of scratch memory for either call.
  var scratchCount: Int { get }

  /// - Parameters:
  ///   - inputs: at least as many floats each as its order asks for.
  ///   - output: overlaps none of them.
  ///   - workspace: `workspaceCount` floats; nil where no backward call will follow.
  ///   - scratch: at least `scratchCount` floats.
  func forward(_ inputs: LentParts, to output: LentFloats, workspace: LentFloats?, scratch: LentFloats)

  /// Writes the gradient with respect to one input.
  /// - Parameters:
  ///   - gradient: with respect to the value.
  ///   - result: overlaps it not.
  ///   - workspace: as `forward` left it.
  func backward(
    input: Int, _ gradient: LentFloats, to result: LentFloats, workspace: LentFloats?, scratch: LentFloats)
}

extension ElementLoops {
  /// None.
  public var workspaceCount: Int { 0 }
  /// None.
  public var scratchCount: Int { 0 }
}

extension Operation {
  /// The loops that compute it.
  /// - Parameters:
  ///   - inputs: the orders in which its inputs lie; it may ask for others.
  ///   - output: the shape of its value.
  /// - Returns: nil for an operation that engines compute by kernels of their own.
  /// - Throws: `Problem` that names the tensor whose values are not finite.
  public func loops(
    _ inputs: [ElementOrder], to output: Shape, weights: any NamedTensors
  ) throws(Problem) -> (any ElementLoops)? {
    switch self {
    case .activation(let activation): return ActivationLoops(activation, inputs[0])
    case .parametricReLU(_, let slope):
      return try ParametricReLULoops(weights.finiteBroadcast(slope, beside: inputs[0]))
    case .affine(_, let affine):
      return try AffineLoops(
        scale: affine.scale.map { (handle) throws(Problem) in try weights.finiteBroadcast(handle, beside: inputs[0]) },
        shift: affine.shift.map { (handle) throws(Problem) in try weights.finiteBroadcast(handle, beside: inputs[0]) },
        inputs[0])
    case .batchNormalisation(let normalisation):
      let (scale, shift) = try ChannelAffine.alone(normalisation, weights: weights)
      let shape = Shape(inputs[0].shape.dimensions.enumerated().map { $0.offset == 0 ? $0.element : 1 })
      return try AffineLoops(
        scale: BroadcastConstant(scale, shape, beside: inputs[0]),
        shift: BroadcastConstant(shift, shape, beside: inputs[0]), inputs[0])
    case .arithmetic(let arithmetic): return ArithmeticLoops(arithmetic, inputs, to: output)
    case .reduction(let reduction): return ReductionLoops(reduction, inputs[0])
    case .standardisation(let standardisation): return StandardisationLoops(standardisation, inputs[0])
    case .softmax(let axis): return SoftmaxLoops(axis: axis, inputs[0])
    case .localResponse(let response): return LocalResponseLoops(response, inputs[0].shape)
    case .rearrangement(let rearrangement): return RearrangementLoops(rearrangement, inputs[0].shape)
    case .resampling(let resampling): return ResamplingLoops(resampling, inputs[0], to: output)
    case .concatenation(let axis): return ConcatenationLoops(axis: axis, inputs, to: output)
    case .image, .relu, .convolution, .pooling, .adaptiveAveragePooling, .add, .linear, .matrixProduct: return nil
    }
  }
}
