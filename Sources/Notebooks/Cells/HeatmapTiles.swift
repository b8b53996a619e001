import Explanations
import Figures
import Images
import Results
import Support
import Synchronization

/// Rows of tiles that were made for one size of a figure, for its other sizes: the same pictures, made once. And the
/// photographs that several tiles of a row show or are laid over.
final class TileMemo: Sendable {
  private let rows = Mutex<[String: [HeatmapTile]]>([:])
  private let photographs = Mutex<[String: RGBImage]>([:])

  /// - Parameter key: everything that the row depends on, within one cell.
  func row(_ key: String, make: () throws -> [HeatmapTile]) rethrows -> [HeatmapTile] {
    if let row = rows.withLock({ $0[key] }) { return row }
    let row = try make()
    rows.withLock { $0[key] = row }
    return row
  }

  /// - Parameter key: everything that the photograph depends on, within one cell.
  func photograph(_ key: String, make: () throws -> RGBImage?) rethrows -> RGBImage? {
    if let photograph = photographs.withLock({ $0[key] }) { return photograph }
    guard let photograph = try make() else { return nil }
    photographs.withLock { $0[key] = photograph }
    return photograph
  }
}

/// Makes the pictures of heatmap grids out of stored maps and photographs, with the texts under them.
struct HeatmapTiles {
  let data: ReportData
  let epsilons: [Double]
  /// Nil leaves the pictures empty, where only texts and counts are wanted.
  let pictures: HeatmapPictures?
  let memo: TileMemo

  init(_ context: CellContext, epsilons: [Double], pictures: HeatmapPictures?) {
    data = context.data
    self.epsilons = epsilons
    self.pictures = pictures
    // Without pictures there is nothing worth keeping, and what is kept must not be taken for a row with pictures.
    memo = pictures == nil ? TileMemo() : context.memo
  }

  private var results: ExperimentResults { data.results }

  /// The rows of one series on one image, the control's and the levels'.
  func measured(_ summary: SeriesSummary, _ image: ImageRecord) -> [Measurement] {
    results.measurements.filter {
      $0.image == image.path && summary.contains($0)
    }
  }

  /// The greatest value of the raw maps that are shown of these rows.
  func greatest(_ measured: [Measurement]) -> Double? {
    let peaks = measured.map(\.cleanPeak) + measured.filter { epsilons.contains($0.epsilon) }.map(\.adversarialPeak)
    return peaks.max().map(Double.init)
  }

  /// The photograph as the network was given it, at the pictures' size; nil where there is none, or no pictures are made.
  private func reduced(_ model: ModelRecord, _ image: ImageRecord) throws -> RGBImage? {
    guard let pictures else { return nil }
    return try memo.photograph("\([model.key, image.path])") {
      try results.pictures.photograph(model: model.key, image: image.path).map(pictures.reduced)
    }
  }

  /// The photograph over its true identity.
  func photograph(_ model: ModelRecord, _ image: ImageRecord) throws -> HeatmapTile {
    let stored = try reduced(model, image)
    return HeatmapTile(
      content: try pictures.flatMap { pictures in try stored.map { .picture(try pictures.photograph($0)) } }
        ?? .missing, identity: results.className(image.label))
  }

  /// The clean map and that of each attack level.
  /// - Parameters:
  ///   - measured: of this series and image.
  ///   - rawScale: nil scales each map to its own maximum; otherwise all go from 0 to this value.
  ///   - namesPrediction: whether the predicted identity stands under each.
  func maps(
    _ summary: SeriesSummary, _ image: ImageRecord, measured: [Measurement], rawScale: Double?,
    namesPrediction: Bool = true
  ) throws -> [HeatmapTile] {
    let model = summary.model
    let stored = try reduced(model, image)
    let side = pictures?.side(for: model.inputSize) ?? 0
    let ground = stored.map { HeatmapPictures.Ground($0, side: side) }
    func content(isDead: Bool, epsilon: Double?) throws -> HeatmapTile.Content {
      guard let pictures, let stored, let ground else { return isDead ? .dead(nil) : .missing }
      if isDead { return .dead(try pictures.faded(stored)) }
      guard
        let raw = try results.pictures.rawMap(
          of: summary.identity, image: image.path, epsilon: epsilon)
      else { return .missing }
      guard let rawScale else { return .picture(try pictures.overlay(heatmap(of: raw, size: side).values, on: ground)) }
      let factor = Float(rawScale > 0 ? 1 / rawScale : 0)
      return .picture(try pictures.overlay(enlarged(raw, size: side).map { min(1, $0 * factor) }, on: ground))
    }
    func name(_ prediction: Int) -> String { namesPrediction ? results.className(prediction) : "" }

    guard let first = measured.first else { return [] }
    let clean = HeatmapTile(
      content: try content(isDead: !(first.cleanPeak > 0), epsilon: nil), identity: name(first.cleanPrediction),
      isWrong: namesPrediction && first.cleanPrediction != first.label)
    let levels = try epsilons.map { epsilon in
      guard let row = measured.first(where: { $0.epsilon == epsilon }) else {
        return HeatmapTile(content: .missing, identity: "–")
      }
      return HeatmapTile(
        content: try content(isDead: !(row.adversarialPeak > 0), epsilon: epsilon),
        identity: name(row.adversarialPrediction), isWrong: namesPrediction && row.adversarialPrediction != row.label,
        dissimilarity: summary.value(of: row))
    }
    return [clean] + levels
  }

  /// The photograph as the network was given it, clean and at each attack level, over the predicted identity. Without
  /// the direction of the attack, which older versions did not store, only the clean one has a picture.
  func images(_ summary: SeriesSummary, _ image: ImageRecord, measured: [Measurement]) throws -> [HeatmapTile] {
    let model = summary.model.key
    let stored = pictures == nil ? nil : try results.pictures.photograph(model: model, image: image.path)
    let signs =
      stored == nil ? nil : try results.pictures.perturbation(model: model, image: image.path, attack: summary.attack)
    func content(_ picture: RGBImage?) throws -> HeatmapTile.Content {
      guard let pictures, let picture else { return .missing }
      return .picture(try pictures.photograph(picture))
    }
    guard let first = measured.first else { return [] }
    let clean = HeatmapTile(
      content: try content(stored), identity: results.className(first.cleanPrediction),
      isWrong: first.cleanPrediction != first.label)
    return [clean]
      + (try epsilons.map { epsilon in
        let row = measured.first { $0.epsilon == epsilon }
        return HeatmapTile(
          content: try content(stored.flatMap { signs?.attacked($0, epsilon: epsilon) }),
          identity: row.map { results.className($0.adversarialPrediction) } ?? "–",
          isWrong: row.map { $0.adversarialPrediction != $0.label } ?? false)
      })
  }

  /// What the attack adds at each level, so many times greater, around middle grey.
  func perturbations(_ summary: SeriesSummary, _ image: ImageRecord, times factor: Double) throws -> [HeatmapTile] {
    let model = summary.model.key
    let stored = pictures == nil ? nil : try results.pictures.photograph(model: model, image: image.path)
    let signs =
      stored == nil ? nil : try results.pictures.perturbation(model: model, image: image.path, attack: summary.attack)
    // Noise of full contrast fills a file: at the look's own size and quality one picture has 50 KB.
    let coarse = pictures.map { pictures in
      var look = pictures.look
      look.pixels = min(look.pixels, 128)
      look.quality = min(look.quality, 70)
      return HeatmapPictures(look: look)
    }
    return [HeatmapTile(content: .empty, identity: "")]
      + (try epsilons.map { epsilon in
        guard let coarse,
          let picture = stored.flatMap({ signs?.difference($0, epsilon: epsilon, times: factor) })
        else { return HeatmapTile(content: .missing, identity: "") }
        return HeatmapTile(content: .picture(try coarse.photograph(picture)), identity: "")
      })
  }
}

extension CellOptions {
  /// How the cell's heatmaps look, with pixels for a grid of so many columns and this width in points.
  func look(columns: Int, width: Double) -> OverlayLook {
    OverlayLook(
      colourMap: texts["colour-map"].flatMap(ColourMap.init(rawValue:)) ?? .inferno,
      strength: numbers["overlay"] ?? 0.6,
      pixels: OverlayLook.pixels(forSide: HeatmapGrid.widestSide(columns: columns, width: width)))
  }

  /// The image that the cell's option `image` names; nil where it names none.
  /// - Throws: `Problem` for an image that no series of the selection was measured on.
  func image(in data: ReportData, _ summaries: [SeriesSummary]) throws(Problem) -> ImageRecord? {
    guard let path = texts["image"] else { return nil }
    let known = data.results.driftOrder(summaries).all
    guard let image = known.first(where: { $0.path == path }) else {
      throw .usage(
        at: place("image"), "the experiment has no complete results of an image `\(path)`",
        remedy: suggestion(for: path, among: known.map(\.path)))
    }
    return image
  }
}
