/// What a backward pass makes of the gradient of a value.
enum GradientExtent: Sendable {
  /// Nothing asks for it.
  case none
  /// Its sum over every channel, out of the gradients of what is made of the value: `GradientSums`.
  case sums
  /// A number for each element.
  case everywhere
}

extension Program {
  /// What a backward pass that reaches the explained layers makes of each value's gradient.
  ///
  /// Where means are enough, those of a value with nothing explained before it need no gradients of their own: what reaches the
  /// value through convolutions, and through the maxima of windows, can be summed without being spread over it. The gradients of the
  /// largest maps, those nearest the image, are then not made at all.
  /// - Parameter meansAreEnough: whether nothing but the mean over each channel is asked of an explained layer's gradients.
  func gradientExtents(meansAreEnough: Bool) -> [GradientExtent] {
    let needed = valuesNeedingGradient(toReach: explained.map(\.step))
    var extents = needed.map { $0 ? GradientExtent.everywhere : .none }
    guard meansAreEnough else { return extents }
    var consumers = [[(step: Int, input: Int)]](repeating: [], count: steps.count)
    for (index, step) in steps.enumerated() {
      for (input, source) in step.inputs.enumerated() { consumers[source].append((index, input)) }
    }
    func canBeSummed(_ value: Int) -> Bool {
      !consumers[value].isEmpty
        && consumers[value].allSatisfy { step, input in
          switch steps[step].kind {
          case .convolution: input == 0
          case .pooling(let pooling): steps[step].keepsSums(pooling) && canBeSummed(step)
          default: false
          }
        }
    }
    for (index, step) in steps.enumerated() where needed[index] && canBeSummed(index) {
      let sources = step.inputs.filter { needed[$0] }
      // Behind a value of which sums are made, one stands that hands on sums as they are.
      if case .pooling = step.kind, sources.allSatisfy({ extents[$0] == .sums }) {
        extents[index] = .sums
      } else if sources.isEmpty {
        extents[index] = .sums
      }
    }
    return extents
  }
}

extension Program.Step {
  /// Whether every gradient goes to one element of the same channel: that of a window's maximum.
  fileprivate func keepsSums(_ pooling: Pooling) -> Bool {
    guard pooling.kind == .maximum, !hasReLU, activation == nil else { return false }
    return [pooling.window.vertical, pooling.window.horizontal].allSatisfy {
      $0.dilation == 1 && max($0.paddingBefore, $0.paddingAfter) < $0.kernel
    }
  }
}
