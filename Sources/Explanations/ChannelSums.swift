import CMaps
import Support
import Tensors

/// Sums over the channels and places of a layer's maps, in double precision and in one order whatever the engine's blocks:
/// what raw maps are made of.
enum ChannelSums {
  /// - Throws: `Problem` when shapes or numbers of channels differ.
  static func check(
    _ activations: FeatureMaps, _ gradients: FeatureMaps, _ folding: ChannelFolding?
  ) throws(Problem) {
    guard gradients.shape == activations.shape else {
      throw .failure("activations of shape \(activations.shape) were given gradients of shape \(gradients.shape)")
    }
    try check(activations, folding)
  }

  /// - Throws: `Problem` when numbers of channels differ.
  static func check(
    _ activations: FeatureMaps, _ gradientMeans: [Double], _ folding: ChannelFolding?
  ) throws(Problem) {
    guard gradientMeans.count == activations.channels else {
      throw .failure("\(gradientMeans.count) means of gradients for \(activations.channels) channels")
    }
    try check(activations, folding)
  }

  private static func check(_ activations: FeatureMaps, _ folding: ChannelFolding?) throws(Problem) {
    if let folding, folding.shifts.count != activations.channels {
      throw .failure("\(folding.shifts.count) folded channels for \(activations.channels) channels")
    }
  }

  /// Places of a map in ascending order for every channel, whatever the blocks.
  static func means(of maps: FeatureMaps) -> [Double] {
    let area = maps.height * maps.width
    let block = maps.block
    var means = [Double](repeating: 0, count: maps.channels)
    for start in stride(from: 0, to: maps.channels, by: block) {
      FeatureMaps.addPlaces(
        maps.values.extracting(start * area..<(start + block) * area), block: block, to: &means, at: start,
        lanes: min(block, maps.channels - start))
    }
    return means.map { $0 / Double(area) }
  }

  /// The sum of a term over the places of every channel, in ascending order.
  /// - Parameter term: of the true gradient and activation of a place, by its channel.
  @inline(__always)
  static func overPlaces(
    _ activations: FeatureMaps, _ gradients: FeatureMaps, _ folding: ChannelFolding?,
    _ term: (_ channel: Int, _ gradient: Double, _ activation: Double) -> Double
  ) -> [Double] {
    var sums = [Double](repeating: 0, count: activations.channels)
    forEach(activations, gradients, folding) { channel, _, gradient, activation in
      sums[channel] += term(channel, gradient, activation)
    }
    return sums
  }

  /// The sum of a term over the channels of every place, in ascending order.
  @inline(__always)
  static func overChannels(
    _ activations: FeatureMaps, _ gradients: FeatureMaps, _ folding: ChannelFolding?,
    _ term: (_ gradient: Double, _ activation: Double) -> Double
  ) -> [Double] {
    var sums = [Double](repeating: 0, count: activations.height * activations.width)
    forEach(activations, gradients, folding) { _, place, gradient, activation in
      sums[place] += term(gradient, activation)
    }
    return sums
  }

  /// Every element with the folding taken back; channels of scale 0, of which nothing is known and whose gradient is 0, are
  /// left out. The places of a channel come in ascending order, and so do the channels of a place.
  @inline(__always)
  private static func forEach(
    _ activations: FeatureMaps, _ gradients: FeatureMaps, _ folding: ChannelFolding?,
    _ body: (_ channel: Int, _ place: Int, _ gradient: Double, _ activation: Double) -> Void
  ) {
    let area = activations.height * activations.width
    let block = activations.block
    let (scales, shifts) = (folding?.scales ?? [], folding?.shifts ?? [])
    // Engines keep both alike; where they do not, the gradient is read at its own place.
    let isAlike = gradients.block == block
    for start in stride(from: 0, to: activations.channels, by: block) {
      let lanes = min(block, activations.channels - start)
      let own = activations.values.extracting(start * area..<(start + block) * area)
      let others = isAlike ? gradients.values.extracting(start * area..<(start + block) * area) : gradients.values
      for place in 0..<area {
        let some = own.extracting(place &* block..<place &* block &+ lanes)
        for lane in some.indices {
          let channel = start &+ lane
          let a = Double(some[lane])
          let g = Double(
            others[
              isAlike ? place &* block &+ lane : Self.index(channel, place, block: gradients.block, area: area)])
          if scales.isEmpty {
            body(channel, place, g, a)
          } else {
            let scale = Double(scales[channel])
            guard scale != 0 else { continue }
            body(channel, place, g * scale, (a - Double(shifts[channel])) / scale)
          }
        }
      }
    }
  }

  /// Where in blocked maps an element is.
  private static func index(_ channel: Int, _ place: Int, block: Int, area: Int) -> Int {
    let within = channel % block
    return (channel &- within) &* area &+ place &* block &+ within
  }

  /// Channels in ascending order for every place, whatever the blocks.
  static func weighted(_ maps: FeatureMaps, weights: [Double], offsets: [Float]?) -> [Double] {
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

  /// The same of a layer with the folding taken back.
  static func weighted(_ maps: FeatureMaps, weights: [Double], of folding: ChannelFolding?) -> [Double] {
    guard let folding else { return weighted(maps, weights: weights, offsets: nil) }
    let scaled = zip(weights, folding.scales).map { $1 == 0 ? 0 : $0 / Double($1) }
    return weighted(maps, weights: scaled, offsets: folding.shifts)
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
