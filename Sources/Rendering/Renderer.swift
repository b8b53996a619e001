import CCairo
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
    let target = try unsafe CairoSurface(
      cairo_pdf_surface_create_for_stream(ByteSink.write, sink.closure, first.width, first.height), output: sink)
    unsafe cairo_pdf_surface_restrict_to_version(target.surface, CAIRO_PDF_VERSION_1_5)
    unsafe cairo_pdf_surface_set_metadata(target.surface, CAIRO_PDF_METADATA_TITLE, document.title)
    unsafe cairo_pdf_surface_set_metadata(target.surface, CAIRO_PDF_METADATA_CREATOR, "Heatdrift")
    // Without this Cairo writes the time of day.
    unsafe cairo_pdf_surface_set_metadata(target.surface, CAIRO_PDF_METADATA_CREATE_DATE, nil)
    let structure = StructureTree()
    let canvas = CairoCanvas(
      target: target, shaper: shaper, pictures: PictureCache(rasterises: false), structure: structure,
      anchors: document.pages.reduce(into: []) { $0.formUnion(CairoCanvas.anchors(in: $1.items)) })
    for page in document.pages {
      unsafe cairo_pdf_surface_set_size(target.surface, page.size.width, page.size.height)
      structure.beginPage(page.size)
      try canvas.draw(page.items)
      unsafe cairo_show_page(target.context)
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
      let id = unsafe cairo_pdf_surface_add_outline(
        target.surface, parents.last?.id ?? CAIRO_PDF_OUTLINE_ROOT, entry.title,
        "page=\(entry.page + 1) pos=[0 \(entry.y)]", CAIRO_PDF_OUTLINE_FLAG_OPEN)
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
    let target = try unsafe CairoSurface(
      cairo_svg_surface_create_for_stream(ByteSink.write, sink.closure, frame.size.width, frame.size.height),
      output: sink)
    unsafe cairo_svg_surface_set_document_unit(target.surface, CAIRO_SVG_UNIT_PT)
    let canvas = CairoCanvas(
      target: target, shaper: shaper, pictures: PictureCache(rasterises: false), structure: nil, anchors: [])
    try canvas.draw(frame.items)
    unsafe cairo_show_page(target.context)
    try target.finish()
    return SVGIdentifiers.renumbered(sink.bytes)
  }

  /// A page or figure as pixels on white; both sides rounded up.
  /// - Throws: `Problem` for a picture that cannot be decoded, and where Cairo fails: more than 32767 pixels a side.
  public func image(_ frame: Frame, dotsPerInch: Double) throws(Problem) -> RGBImage {
    let scale = dotsPerInch / 72
    let width = Int((frame.size.width * scale).rounded(.up))
    let height = Int((frame.size.height * scale).rounded(.up))
    let target = try unsafe CairoSurface(cairo_image_surface_create(CAIRO_FORMAT_RGB24, Int32(width), Int32(height)))
    unsafe cairo_set_source_rgb(target.context, 1, 1, 1)
    unsafe cairo_paint(target.context)
    unsafe cairo_scale(target.context, scale, scale)
    let canvas = CairoCanvas(
      target: target, shaper: shaper, pictures: PictureCache(rasterises: true), structure: nil, anchors: [])
    try canvas.draw(frame.items)
    try target.check("draw")
    unsafe cairo_surface_flush(target.surface)
    guard let data = unsafe cairo_image_surface_get_data(target.surface) else { throw .failure("Cairo gave no pixels") }
    let stride = unsafe Int(cairo_image_surface_get_stride(target.surface))
    var pixels = [UInt8](repeating: 0, count: 3 * width * height)
    for y in 0..<height {
      let row = unsafe UnsafeMutableRawPointer(data + y * stride).assumingMemoryBound(to: UInt32.self)
      for x in 0..<width {
        let to = 3 * (y * width + x)
        pixels[to] = unsafe UInt8(truncatingIfNeeded: row[x] >> 16)
        pixels[to + 1] = unsafe UInt8(truncatingIfNeeded: row[x] >> 8)
        pixels[to + 2] = unsafe UInt8(truncatingIfNeeded: row[x])
      }
    }
    return RGBImage(width: width, height: height, pixels: pixels)
  }
}
