import Foundation
import Images
import Support
import Typesetting

/// Turns documents and single frames into PDF, SVG and PNG. The same document gives the same bytes every time.
///
///     let renderer = try Renderer()
///     let pdf = try renderer.pdf(document)
public struct Renderer: Sendable {
  /// Measures as the renderer draws; give it to layout.
  public let measurer: any TextMeasurer
  private let shaper: PangoShaper
  /// What has the characters that the report's own fonts have not.
  public let fallback: FallbackFonts

  /// - Throws: `Problem` when the fonts cannot be opened.
  public init(fallback: FallbackFonts = .none) throws(Problem) {
    self.fallback = fallback
    shaper = try PangoShaper(fallback: fallback)
    measurer = shaper
  }

  /// All pages as one PDF, fonts embedded and subset, with outline, links and structure, a text for each figure; no dates.
  /// - Parameter attachments: files for the reader to take out again (`Attachment.all`).
  /// - Throws: `Problem` for a picture that cannot be decoded, an attachment whose name is not plain, and where Cairo
  ///   or libqpdf fails.
  public func pdf(_ document: Document, attachments: [Attachment] = []) throws(Problem) -> [UInt8] {
    let sink = ByteSink()
    let first = document.pages.first?.size ?? Size(width: 595.276, height: 841.89)
    let target = try CairoSurface(pdf: sink, size: first, title: document.title)
    let structure = StructureTree()
    let canvas = CairoCanvas(
      target: target, shaper: shaper, pictures: PictureCache(rasterises: false), structure: structure,
      anchors: document.pages.reduce(into: []) { $0.formUnion(CairoCanvas.anchors(in: $1.items)) })
    for page in document.pages {
      target.setPageSize(page.size)
      structure.beginPage(page.size)
      try canvas.draw(page.items)
      target.endPage()
      try target.check("draw a page")
    }
    addOutline(document.outline, to: target)
    try target.finish()
    return try PDFFinish.finished(
      sink.bytes, structure: structure, language: document.language, attachments: attachments)
  }

  private func addOutline(_ entries: [Document.OutlineEntry], to target: CairoSurface) {
    /// The last entry of each level above.
    var parents: [(level: Int, id: Int32)] = []
    for entry in entries {
      parents.removeAll { $0.level >= entry.level }
      let id = target.addOutlineEntry(entry.title, parent: parents.last?.id, page: entry.page + 1, y: entry.y)
      parents.append((entry.level, id))
    }
  }

  /// A single figure as a PDF of its own size.
  /// - Parameter alternative: a text for those who cannot see it.
  /// - Throws: as the other.
  public func pdf(_ frame: Frame, title: String, alternative: String) throws(Problem) -> [UInt8] {
    let figure = Frame(
      size: frame.size, items: [.tagged(frame.items, role: "Figure", alternative: alternative)])
    return try pdf(Document(title: title, language: "en", pages: [figure], outline: []))
  }

  /// How an SVG file holds its text.
  public enum SVGText: Sendable, Hashable, CaseIterable {
    /// As outlines: it looks the same without the fonts.
    case paths
    /// As text that can be selected and found; without the fonts a browser takes others, as wide as ours.
    case text
  }

  /// A page or figure as SVG; lengths in points.
  /// - Throws: `Problem` for a picture that cannot be decoded, and where Cairo fails.
  public func svg(_ frame: Frame, text: SVGText = .paths) throws(Problem) -> [UInt8] {
    if text == .text { return SVGWriter.svg(frame, measurer: measurer, fallback: fallback.files.map(\.family)) }
    let sink = ByteSink()
    let target = try CairoSurface(svg: sink, size: frame.size)
    let canvas = CairoCanvas(
      target: target, shaper: shaper, pictures: PictureCache(rasterises: false), structure: nil, anchors: [])
    try canvas.draw(frame.items)
    target.endPage()
    try target.finish()
    return SVGIdentifiers.renumbered(sink.bytes)
  }

  /// A page or figure as pixels on white; both sides rounded up.
  /// - Throws: `Problem` for a picture that cannot be decoded, and where Cairo fails: more than 32767 pixels a side.
  public func image(_ frame: Frame, dotsPerInch: Double) throws(Problem) -> RGBImage {
    let scale = dotsPerInch / 72
    let width = Int((frame.size.width * scale).rounded(.up))
    let height = Int((frame.size.height * scale).rounded(.up))
    let target = try CairoSurface(width: width, height: height)
    target.setColour(.white)
    target.paint()
    target.scale(scale, scale)
    let canvas = CairoCanvas(
      target: target, shaper: shaper, pictures: PictureCache(rasterises: true), structure: nil, anchors: [])
    try canvas.draw(frame.items)
    try target.check("draw")
    return try target.image()
  }
}
