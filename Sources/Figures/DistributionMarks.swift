import Typesetting

/// Draws the values of one panel of a `DistributionGrid`.
struct DistributionMarks {
  let panel: DistributionPanel
  let box: Rect
  let scales: DistributionGrid.Scales
  let colour: Colour

  private func x(_ value: Double) -> Double { box.x + box.width * min(max(value, 0), scales.x.upper) / scales.x.upper }

  private static func columns(_ width: Double, _ diameter: Double) -> Int { max(1, Int(width / diameter)) }

  /// How many dots stand on each other in each column of a panel.
  static func stacks(_ values: [Double], width: Double, upper: Double, diameter: Double) -> [Int] {
    let columns = columns(width, diameter)
    var counts = [Int](repeating: 0, count: columns)
    for value in values where value.isFinite {
      counts[min(columns - 1, Int(Double(columns) * min(max(value / upper, 0), 1)))] += 1
    }
    return counts
  }

  /// A dot for each value, in columns as wide as a dot; those of a column stand on each other, closer in all panels where one is
  /// too low for them.
  func drawDots(on canvas: inout Canvas) {
    let diameter = scales.diameter
    let columns = Self.columns(box.width, diameter)
    let below = Self.stacks(panel.filled ?? panel.values, width: box.width, upper: scales.x.upper, diameter: diameter)
    let above = Self.stacks(panel.hollow, width: box.width, upper: scales.x.upper, diameter: diameter)
    func add(_ dots: [PathElement], _ colour: Colour, _ width: Double, on canvas: inout Canvas) {
      guard !dots.isEmpty else { return }
      canvas.add(PlacedPath(dots, stroke: Stroke(colour, width: width, roundCap: true)))
    }
    for index in 0..<columns {
      let all = below[index] + above[index]
      guard all > 0 else { continue }
      var (filled, hollow): ([PathElement], [PathElement]) = ([], [])
      for place in 0..<all {
        let centre = Point(
          box.x + (Double(index) + 0.5) * box.width / Double(columns),
          box.maxY - diameter / 2 - 0.3 - Double(place) * scales.step)
        // A line without length and with round ends is a dot, and takes a tenth of a circle's bytes.
        let dot: [PathElement] = [.move(centre), .line(centre)]
        if place < below[index] { filled += dot } else { hollow += dot }
      }
      canvas.valued(words(of: index, columns, filled: below[index], hollow: above[index])) { canvas in
        add(hollow, colour, diameter, on: &canvas)
        add(hollow, .white, diameter - 1, on: &canvas)
        add(filled, colour, diameter, on: &canvas)
      }
    }
  }

  /// Which values a column of dots stands for, and how many.
  private func words(of column: Int, _ columns: Int, filled: Int, hollow: Int) -> String {
    func edge(_ index: Int) -> String { Numbers.fixed(scales.x.upper * Double(index) / Double(columns), 3) }
    let count = filled + hollow
    let images = "\(count) \(count == 1 ? "image" : "images")"
    let parts = hollow == 0 ? "" : ", \(hollow) of them hollow"
    return "\(edge(column)) to \(edge(column + 1)): \(images)\(parts)"
  }

  /// The cumulative share: of the filled ones full, of the others dashed, each of its own number.
  func drawCurves(on canvas: inout Canvas) {
    for (values, dash) in [(panel.filled ?? panel.values, []), (panel.hollow, [2.4, 1.2])] {
      let finite = values.filter(\.isFinite)
      guard !finite.isEmpty else { continue }
      // As fine as is seen, however many values there are.
      let steps = 256
      let counts = Histogram(finite, binWidth: scales.x.upper / Double(steps), binCount: steps).counts
      var elements: [PathElement] = [.move(Point(box.x, box.maxY))]
      var sum = 0
      for (step, count) in counts.enumerated() where count > 0 {
        let place = box.x + box.width * Double(step) / Double(steps)
        elements.append(.line(Point(place, height(sum, finite.count))))
        sum += count
        elements.append(.line(Point(place, height(sum, finite.count))))
      }
      elements.append(.line(Point(box.maxX, height(sum, finite.count))))
      canvas.add(PlacedPath(elements, stroke: Stroke(colour, width: 1.1, dash: dash)))
    }
  }

  private func height(_ count: Int, _ all: Int) -> Double { box.maxY - box.height * Double(count) / Double(all) }

  /// Bars of counts, those of the hollow ones on top.
  func drawBars(on canvas: inout Canvas) {
    guard let ticks = scales.y else { return }
    func histogram(_ values: [Double]) -> Histogram {
      Histogram(values, binWidth: scales.bins.width, binCount: scales.bins.count)
    }
    let all = histogram(panel.values)
    let filled = panel.filled.map(histogram)
    func y(_ count: Int) -> Double { box.maxY - box.height * Double(count) / ticks.upper }
    for (index, count) in all.counts.enumerated() where count > 0 {
      let from = x(Double(index) * all.binWidth)
      let to = min(x(Double(index + 1) * all.binWidth), box.maxX)
      func bar(_ lower: Int, _ upper: Int) -> Rect {
        Rect(x: from + 0.15, y: y(upper), width: to - from - 0.3, height: y(lower) - y(upper))
      }
      let lower = filled?.counts[index] ?? count
      if lower > 0 { canvas.add(.rectangle(bar(0, lower), fill: colour)) }
      if lower < count {
        canvas.add(.rectangle(bar(lower, count), fill: .white, stroke: Stroke(colour, width: 0.5)))
      }
    }
  }
}
