import Explanations
import Figures
import Images
import Notebooks
import Results
import Support
import Testing
import Typesetting

/// The cells that show where heatmaps lie and where to they move.
@Suite struct MapCellTests {
  private let made = MadeUpResults(models: ["a", "b"], names: ["A", "B"], imageCount: 12, epsilons: [0.02, 0.1])

  private func rows(_ csv: String) -> [[String: String]] {
    let lines = csv.split(separator: "\n").map {
      $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
    return lines.dropFirst().map { Dictionary(uniqueKeysWithValues: zip(lines[0], $0)) }
  }

  /// The heatmaps of the made-up maps, by image.
  private func heatmaps(_ model: String, _ epsilon: Double?) throws -> [Heatmap] {
    let results = made.results
    let series = try #require(try results.summarise().first { $0.model.key == model })
    return try results.images.map { image in
      let raw = try #require(try results.pictures.rawMap(of: series.identity, image: image.path, epsilon: epsilon))
      return heatmap(of: raw, size: 32)
    }
  }

  @Test func meansAreThoseOfTheHeatmaps() throws {
    let result = try notebook("```{mean-heatmap}\nlabel: fig-mean\n```", made)
    #expect(result.problems == [])
    #expect(result.figures.map(\.label) == ["fig-mean"])
    let table = try #require(result.tables.first { $0.label == "fig-mean" })
    let found = rows(table.csv)
    #expect(found.map { $0["epsilon"] } == ["0.0", "0.02", "0.1", "0.0", "0.02", "0.1"])
    for row in found {
      let model = try #require(row["model"])
      let epsilon = try #require(row["epsilon"].flatMap(Double.init))
      func mean(_ maps: [Heatmap]) -> [Double] {
        (0..<32 * 32).map { place in maps.reduce(0) { $0 + Double($1.values[place]) } / Double(maps.count) }
      }
      let clean = mean(try heatmaps(model, nil))
      let attacked = epsilon == 0 ? clean : mean(try heatmaps(model, epsilon))
      let change = zip(attacked, clean).map { $0 - $1 }
      func isNear(_ name: String, _ value: Double) -> Bool {
        row[name].flatMap(Double.init).map { abs($0 - value) < 1e-12 } ?? false
      }
      #expect(isNear("mean", attacked.reduce(0, +) / 1024))
      #expect(isNear("greatest", attacked.max() ?? 0))
      #expect(isNear("least_change", change.min() ?? 0))
      #expect(isNear("greatest_change", change.max() ?? 0))
      #expect(row["images"] == "12")
    }
    let texts = result.figures[0].frame.texts.map(\.text)
    #expect(texts.contains("clean") && texts.contains("change") && texts.filter { $0 == "+" }.count == 2)
    #expect(result.document.says("Mean heatmap over 12 images, clean and at each attack level"))
    // The made-up data are ORL's, whose faces are aligned.
    #expect(result.document.says("clean and at each attack level, over the mean photograph; at the right its change"))
    #expect(result.figures[0].alternative.contains("A by "))
  }

  /// In grey print red and blue look alike: what grew has a full line around it, what shrank a dashed one.
  @Test func gainAndLossAreToldApartWithoutColour() throws {
    let result = try notebook("```{mean-heatmap}\nlabel: fig-mean\nmodels: [a]\ncontour: false\n```", made)
    #expect(
      result.document.says(
        "Lines: on the change half of its greatest gain (full, +) and of its greatest loss (dashed, −)."))
    func lines(_ items: [PlacedItem]) -> [PlacedPath] {
      items.flatMap { item -> [PlacedPath] in
        guard case .group(let inner, _, _) = item else { return [] }
        return inner.compactMap { if case .path(let path) = $0, path.fill == nil { path } else { nil } }
      }
    }
    let frame = try #require(result.figures.first).frame
    let found = lines(frame.items)
    let dark = found.filter { $0.stroke?.colour != .white }
    #expect(dark.count == 2 && found.count == 4, "each with its light edge")
    #expect(dark.first?.stroke?.dash == [] && dark.last?.stroke?.dash == [2, 1.8])
    // Each lies around the sign of its extreme.
    for (path, sign) in zip(dark, ["+", "−"]) {
      let points = path.elements.compactMap { element -> Point? in
        switch element {
        case .move(let point), .line(let point): point
        default: nil
        }
      }
      let own = try #require(frame.texts.last { $0.text == sign && $0.font.bold })
      let (x, y) = (points.map(\.x), points.map(\.y))
      #expect((x.min() ?? 0) - 5 < own.origin.x && own.origin.x < (x.max() ?? 0) + 5)
      #expect((y.min() ?? 0) - 8 < own.origin.y && own.origin.y < (y.max() ?? 0) + 8)
    }
  }

  @Test func whatDidNotChangeHasNoSigns() throws {
    var results = made.results
    results.pictures = PlantedMaps { _, _, _ in (x: 3, y: 3) }
    let result = try Notebook(
      Template(source: "```{mean-heatmap}\n```", file: "test.md"), results: results, measurer: FixedMeasurer())
    #expect(result.problems == [])
    let texts = try #require(result.figures.first).frame.texts
    #expect(texts.contains { $0.text == "change" } && !texts.contains { $0.text == "+" || $0.text == "−" })
  }

  @Test func overNothingWhereThatIsAsked() throws {
    let result = try notebook("```{mean-heatmap}\nground: none\nmodels: [a]\n```", made)
    #expect(result.problems == [])
    #expect(!result.document.says("mean photograph"))
  }

  @Test func shiftsAreThoseOfTheCentres() throws {
    let result = try notebook("```{shift}\nlabel: fig-shift\n```", made)
    #expect(result.problems == [])
    let found = rows(try #require(result.tables.first { $0.label == "fig-shift" }).csv)
    #expect(found.count == 4)
    func centre(_ map: Heatmap) -> (x: Double, y: Double) {
      var (sum, x, y) = (0.0, 0.0, 0.0)
      for (place, value) in map.values.enumerated() {
        sum += Double(value)
        x += Double(value) * (Double(place % 32) + 0.5) / 32
        y += Double(value) * (Double(place / 32) + 0.5) / 32
      }
      return (x / sum, y / sum)
    }
    let results = made.results
    for row in found {
      let model = try #require(row["model"])
      let epsilon = try #require(row["epsilon"].flatMap(Double.init))
      let summary = try #require(try results.summarise().first { $0.model.key == model })
      let level = try #require(summary.levels.first { $0.epsilon == epsilon })
      // Rows of made-up dead maps do have a raw map here; who shifts is said by the maps.
      #expect(level.dissimilarities.count == 12)
      let shifts = zip(try heatmaps(model, nil), try heatmaps(model, epsilon)).map { before, after in
        Shift(x: centre(after).x - centre(before).x, y: centre(after).y - centre(before).y)
      }
      let mean = Shift(x: shifts.reduce(0) { $0 + $1.x } / 12, y: shifts.reduce(0) { $0 + $1.y } / 12)
      let directions = shifts.map { Shift(x: $0.x / $0.length, y: $0.y / $0.length) }
      let sum = Shift(x: directions.reduce(0) { $0 + $1.x }, y: directions.reduce(0) { $0 + $1.y })
      #expect(abs((row["mean_x"].flatMap(Double.init) ?? 9) - mean.x) < 1e-12)
      #expect(abs((row["mean_y"].flatMap(Double.init) ?? 9) - mean.y) < 1e-12)
      #expect(abs((row["consistency"].flatMap(Double.init) ?? 9) - sum.length / 12) < 1e-12)
    }
    // The made-up attack moves every spot to the right.
    #expect(
      result.document.says(
        "p: sign-flip test of no common direction, adjusted by Holm for the 2 series. Every shift has a common direction (p below 0.05)."
      ))
    #expect(result.figures[0].alternative.contains("A: R = "))
  }

  @Test func ofFewImagesThereIsNoEllipse() throws {
    let few = MadeUpResults(models: ["a"], names: ["A"], imageCount: 4, epsilons: [0.1])
    let result = try notebook("```{shift}\n```\n\n{{ shift.sentence }}", few)
    #expect(
      result.document.says(
        "over 4 images: arrow at ε = 0.1 (of fewer than 5 images there is no ellipse). Upwards is upwards in the image. Rose:"
      ))
    #expect(
      result.document.says("Whether the highlighted region moves in one direction cannot be said of so few images."))
    let two = try notebook("```{shift}\n```", made)
    #expect(
      two.document.says(
        "arrow at ε = 0.1 with its 95% ellipse, dots at the weaker levels. Upwards is upwards in the image. Rose:"))
    // The key names the strongest first.
    let key = try #require(two.figures.first).frame.texts.map(\.text)
    #expect(key.prefix(4) == ["ε", " = 0.1", "ε", " = 0.02"])
  }

  private func sentence(_ pictures: any PictureSource) throws -> Document {
    var results = made.results
    results.pictures = pictures
    return try Notebook(
      Template(source: "{{ shift.sentence }}", file: "test.md"), results: results, measurer: FixedMeasurer()
    ).document
  }

  /// Why a shift is not known is said as it is, and what is claimed of all models is of all.
  @Test func theSentenceOnShiftsSaysNoMoreThanItKnows() throws {
    let still = try sentence(PlantedMaps { _, _, _ in (x: 3, y: 3) })
    #expect(
      still.says(
        "Whether the highlighted region moves in one direction cannot be said of A, where no centre moved and B, where no "
          + "centre moved."))
    let dead = try sentence(PlantedMaps { model, _, isAttacked in model == "a" ? nil : (x: isAttacked ? 4 : 3, y: 3) })
    #expect(
      dead.says(
        "At ε = 0.1 the highlighted region moves in a common direction: to the right by 0.14 widths in B (R = 1.00); p by "
          + "a sign-flip test, below 0.05. It cannot be said of A, where a map is dead on 12 of 12 images."))
    // One model to the right, the other to either side in turn: no p below 0.05 does not show that there is no shift.
    let one = try sentence(
      PlantedMaps { model, image, isAttacked in
        (x: !isAttacked ? 3 : model == "a" || image.isMultiple(of: 2) ? 4 : 2, y: 3)
      })
    #expect(one.says("In B no common direction is found."))
    let none = try sentence(
      PlantedMaps { _, image, isAttacked in (x: !isAttacked ? 3 : image.isMultiple(of: 2) ? 4 : 2, y: 3) })
    #expect(
      none.says(
        "At ε = 0.1 no common direction of the highlighted region is found over the images, in any of two models "
          + "(R = 0.00; p by sign-flip tests, adjusted by Holm, not below 0.05)."))
  }

  @Test func aTableOnlyWhereItIsAsked() throws {
    let result = try notebook("```{shift}\nlabel: fig-shift\ntable: false\n```", made)
    #expect(result.problems == [])
    #expect(result.tables.map(\.label) == ["fig-shift"])
    #expect(!result.document.says("Mean shift at ε"))
  }
}

/// Maps of one pixel where the test plants it.
private struct PlantedMaps: PictureSource {
  /// By model, the number of the image and whether it is attacked: the place on a map of 7 x 7; nil for a dead map.
  var place: @Sendable (String, Int, Bool) -> (x: Int, y: Int)?

  init(_ place: @escaping @Sendable (String, Int, Bool) -> (x: Int, y: Int)?) { self.place = place }

  func rawMap(of series: SeriesIdentity, image: String, epsilon: Double?) -> RawMap? {
    let number = Int(image.dropFirst().prefix { $0.isNumber }) ?? 0
    let place = place(series.model, number, epsilon != nil)
    var values = [Float](repeating: 0, count: 49)
    if let place { values[7 * place.y + place.x] = 1 }
    return RawMap(height: 7, width: 7, values: values)
  }

  func photograph(model: String, image: String) -> RGBImage? { nil }
}
