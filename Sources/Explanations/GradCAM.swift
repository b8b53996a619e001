import CMaps
import Support
import Tensors

/// Gradient-weighted class activation maps (Selvaraju et al., ICCV 2017).
public struct GradCAM: Explanation {
  public static let key = "grad-cam"
  public static let title = "Grad-CAM"
  public static let help = "Activations weighted by the mean gradient of each channel (Selvaraju et al., ICCV 2017)."
  public static let unit = "in units of the logit"
  public static let options: [DeclaredOption<GradCAM>] = []

  public init() {}

  public var methods: String {
    "the activations of a layer, weighted by the mean gradient of the class’s logit over each map, summed and cut at 0"
  }

  public func rawMap(
    activations: FeatureMaps, gradients: FeatureMaps, channelOffsets: [Float]?
  ) throws(Problem) -> RawMap {
    try GradCAM.rawMap(activations: activations, gradients: gradients, channelOffsets: channelOffsets)
  }

  /// M = max(0, sum_k w_k (A_k - t_k)), w_k the mean of the gradient's k-th channel.
  /// - Parameters:
  ///   - activations: A, (K, h, w).
  ///   - gradients: d logit / d A, (K, h, w).
  ///   - channelOffsets: t, K numbers; nil for zeros.
  /// - Returns: (h, w), non-negative. Sums are made in double precision.
  /// - Throws: `Problem` when the shapes differ, or when a sum is NaN or infinite: such a map would else pass for a
  ///   dead one, since the maximum with 0 of NaN is 0.
  public static func rawMap(
    activations: FeatureMaps, gradients: FeatureMaps, channelOffsets: [Float]? = nil
  ) throws(Problem) -> RawMap {
    guard gradients.shape == activations.shape else {
      throw .failure("activations of shape \(activations.shape) were given gradients of shape \(gradients.shape)")
    }
    let channels = activations.channels
    if let channelOffsets, channelOffsets.count != channels {
      throw .failure("\(channelOffsets.count) channel offsets for \(channels) channels")
    }
    let weights = channelMeans(gradients)
    let sums = weightedSum(activations, weights: weights, offsets: channelOffsets)
    let values = sums.map { Float($0) }
    if let place = values.firstIndex(where: { !$0.isFinite }) {
      throw .numbers(
        "the class activation map is \(values[place]) at row \(place / activations.width), "
          + "column \(place % activations.width)",
        remedy: "Check the weights: activations or gradients overflow.")
    }
    return RawMap(height: activations.height, width: activations.width, values: values.map { max(0, $0) })
  }

  /// Places of a map in ascending order for every channel, whatever the blocks.
  private static func channelMeans(_ maps: FeatureMaps) -> [Double] {
    let area = maps.height * maps.width
    let block = maps.block
    var means = [Double](repeating: 0, count: maps.channels)
    for start in stride(from: 0, to: maps.channels, by: block) {
      let lanes = min(block, maps.channels - start)
      let source = maps.values.extracting(start * area..<(start + block) * area)
      if block == 1 {
        var sum = 0.0
        for i in source.indices { sum += Double(source[i]) }
        means[start] = sum
      } else {
        var sums = means.mutableSpan
        for place in 0..<area {
          let some = source.extracting(place &* block..<place &* block &+ lanes)
          for lane in some.indices { sums[start &+ lane] += Double(some[lane]) }
        }
      }
    }
    return means.map { $0 / Double(area) }
  }

  /// Channels in ascending order for every place, whatever the blocks.
  private static func weightedSum(_ maps: FeatureMaps, weights: [Double], offsets: [Float]?) -> [Double] {
    let area = maps.height * maps.width
    let block = maps.block
    let offsets = offsets?.map { Double($0) } ?? []
    var sums = [Double](repeating: 0, count: area)
    for start in stride(from: 0, to: maps.channels, by: block) {
      let lanes = min(block, maps.channels - start)
      // Row-major maps have a step of 1 and one channel to a block.
      addWeighted(
        maps.values.extracting(start * area..<(start + block) * area), step: block,
        weights: weights.span.extracting(start..<start + lanes),
        offsets: offsets.isEmpty ? Span() : offsets.span.extracting(start..<start + lanes), to: &sums)
    }
    return sums
  }

  /// `cmaps_weighted_sums` of one block.
  /// - Parameter offsets: as many as weights; none for zeros.
  private static func addWeighted(
    _ values: Span<Float>, step: Int, weights: Span<Double>, offsets: Span<Double>, to sums: inout [Double]
  ) {
    precondition(values.count == sums.count * step && weights.count <= step)
    precondition(offsets.isEmpty || offsets.count == weights.count)
    unsafe values.withUnsafeBufferPointer { values in
      unsafe weights.withUnsafeBufferPointer { weights in
        unsafe offsets.withUnsafeBufferPointer { offsets in
          unsafe cmaps_weighted_sums(
            values.baseAddress, sums.count, step, weights.baseAddress, offsets.baseAddress, weights.count, &sums)
        }
      }
    }
  }
}
