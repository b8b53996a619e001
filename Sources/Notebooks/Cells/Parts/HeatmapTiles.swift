import Attacks
import Explanations
import Figures
import Images
import Results
import Support
import Synchronization
import Typesetting

/// Makes the pictures of heatmap grids out of stored maps and photographs, with the texts under them.
struct HeatmapTiles {
  let data: ReportData
  let epsilons: [Double]
  let pictures: HeatmapPictures
  /// Whether the clean map's half maximum is drawn over each map.
  private let showsContour: Bool
  /// Photographs that several tiles show or are laid over, reduced once.
  private let photographs = PhotographMemo()

  init(_ context: CellContext, epsilons: [Double], pictures: HeatmapPictures, showsContour: Bool) {
    self.showsContour = showsContour
    data = context.data
    self.epsilons = epsilons
    self.pictures = pictures
  }

  private var results: ExperimentResults { data.results }

  /// The greatest value of the raw maps that are shown of these rows.
  func greatest(_ measured: [Measurement]) -> Double? {
    let peaks = measured.map(\.cleanPeak) + measured.filter { epsilons.contains($0.epsilon) }.map(\.adversarialPeak)
    return peaks.max().map(Double.init)
  }

  /// The photograph as the network was given it, at the pictures' size; nil where there is none.
  private func reduced(_ model: ModelRecord, _ image: ImageRecord) throws -> RGBImage? {
    try photographs.photograph("\([model.key, image.path])") {
      try results.pictures.photograph(model: model.key, image: image.path).map(pictures.reduced)
    }
  }

  /// The photograph over its label.
  func photograph(_ model: ModelRecord, _ image: ImageRecord) throws -> HeatmapTile {
    HeatmapTile(
      content: try reduced(model, image).map { .picture(try pictures.photograph($0)) } ?? .missing,
      identity: results.className(image.label))
  }

  /// The clean map and that of each attack level.
  /// - Parameters:
  ///   - measured: of this series and image.
  ///   - rawScale: nil scales each map to its own maximum; otherwise all go from 0 to this value, by the square root, and
  ///     their greatest values are told.
  ///   - namesPrediction: whether the predicted identity stands under each.
  func maps(
    _ summary: SeriesSummary, _ image: ImageRecord, measured: [Measurement], rawScale: Double?,
    namesPrediction: Bool = true
  ) throws -> [HeatmapTile] {
    let model = summary.model
    let stored = try reduced(model, image)
    let side = pictures.side(for: model.inputSize)
    let ground = stored.map { HeatmapPictures.Ground($0, side: side) }
    let contour = try showsContour ? cleanContour(summary, image, side: side) : nil
    func content(isDead: Bool, epsilon: Double?) throws -> HeatmapTile.Content {
      guard let stored, let ground else { return isDead ? .dead(nil) : .missing }
      if isDead { return .dead(try pictures.faded(stored)) }
      guard
        let raw = try results.pictures.rawMap(
          of: summary.identity, image: image.path, epsilon: epsilon)
      else { return .missing }
      guard let rawScale else { return .picture(try pictures.overlay(heatmap(of: raw, size: side).values, on: ground)) }
      // By the square root: maps of one scale differ by a factor of ten, and the weaker ones would be black.
      let factor = Float(rawScale > 0 ? 1 / rawScale : 0)
      let values = enlarged(raw, size: side).map { min(1, max(0, $0 * factor)).squareRoot() }
      return .picture(try pictures.overlay(values, on: ground))
    }
    func name(_ prediction: Int) -> String { namesPrediction ? results.predictionName(prediction) : "" }

    guard let first = measured.first else { return [] }
    let clean = HeatmapTile(
      content: try content(isDead: !(first.cleanPeak > 0), epsilon: nil), identity: name(first.cleanPrediction),
      isWrong: namesPrediction && first.cleanPrediction != results.labels.expected(first),
      strength: rawScale.map { _ in Double(first.cleanPeak) }, contour: contour)
    let levels = try epsilons.map { epsilon in
      guard let row = measured.first(where: { $0.epsilon == epsilon }) else {
        return HeatmapTile(content: .missing, identity: "–")
      }
      return HeatmapTile(
        content: try content(isDead: !(row.adversarialPeak > 0), epsilon: epsilon),
        identity: name(row.adversarialPrediction),
        isWrong: namesPrediction && row.adversarialPrediction != results.labels.expected(row),
        dissimilarity: summary.value(of: row), strength: rawScale.map { _ in Double(row.adversarialPeak) },
        contour: contour)
    }
    return [clean] + levels
  }

  /// Around what of the clean map is at least half of its maximum; nil for a dead map and for one that was not kept.
  private func cleanContour(_ summary: SeriesSummary, _ image: ImageRecord, side: Int) throws -> Contour? {
    guard let raw = try results.pictures.rawMap(of: summary.identity, image: image.path, epsilon: nil), !raw.isDead
    else { return nil }
    return Contour(of: heatmap(of: raw, size: side).values, side: side, at: 0.5)
  }

  /// The photograph as the network was given it, clean and at each attack level, over the predicted identity. Without
  /// the direction of the attack, which older versions did not store and not every attack has, only the clean one has a
  /// picture.
  func images(_ summary: SeriesSummary, _ image: ImageRecord, measured: [Measurement]) throws -> [HeatmapTile] {
    let model = summary.model.key
    let stored = try results.pictures.photograph(model: model, image: image.path)
    let signs =
      stored == nil ? nil : try results.pictures.perturbation(model: model, image: image.path, attack: summary.attack)
    // A file of maps that were computed elsewhere need not have any.
    let isDrawn = (attacks[summary.attack]?.hasDirection ?? true) && (summary.model.maps == nil || signs != nil)
    func content(_ picture: RGBImage?) throws -> HeatmapTile.Content {
      guard let picture else { return isDrawn ? .missing : .empty }
      return .picture(try pictures.photograph(picture))
    }
    guard let first = measured.first else { return [] }
    let clean = HeatmapTile(
      content: try content(stored), identity: results.predictionName(first.cleanPrediction),
      isWrong: first.cleanPrediction != results.labels.expected(first))
    return [clean]
      + (try epsilons.map { epsilon in
        let row = measured.first { $0.epsilon == epsilon }
        return HeatmapTile(
          content: try content(stored.flatMap { signs?.attacked($0, epsilon: epsilon) }),
          identity: row.map { results.predictionName($0.adversarialPrediction) } ?? "–",
          isWrong: row.map { $0.adversarialPrediction != results.labels.expected($0) } ?? false)
      })
  }

  /// What the attack adds at a level, so many times greater, around middle grey; nil where it is not known.
  func perturbation(
    _ summary: SeriesSummary, _ image: ImageRecord, epsilon: Double, times factor: Double
  ) throws -> EncodedPicture? {
    let model = summary.model.key
    guard let stored = try results.pictures.photograph(model: model, image: image.path),
      let signs = try results.pictures.perturbation(model: model, image: image.path, attack: summary.attack),
      let picture = signs.difference(stored, epsilon: epsilon, times: factor)
    else { return nil }
    // Noise of full contrast fills a file: at the look's own size and quality one picture has 50 KB.
    var look = pictures.look
    look.pixels = min(look.pixels, 128)
    look.quality = min(look.quality, 70)
    return try HeatmapPictures(look: look).photograph(picture)
  }
}

/// Photographs that were read and reduced, for all tiles of a cell, whatever the threads that ask.
private final class PhotographMemo: Sendable {
  private let photographs = Mutex<[String: RGBImage]>([:])

  /// - Parameter key: everything that the photograph depends on, within one cell.
  func photograph(_ key: String, make: () throws -> RGBImage?) rethrows -> RGBImage? {
    if let photograph = photographs.withLock({ $0[key] }) { return photograph }
    guard let photograph = try make() else { return nil }
    photographs.withLock { $0[key] = photograph }
    return photograph
  }
}

extension ReportData {
  /// The rows of one series on one image, the control's and the levels'.
  /// - Throws: `Problem` where a row is missing or damaged.
  public func rows(of summary: SeriesSummary, _ image: ImageRecord) throws(Problem) -> [Measurement] {
    try results.rows.rows(model: summary.model.key, image: image.path).filter { summary.contains($0) }
  }
}
