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

  /// All pages as one PDF, fonts embedded and subset, with structure, a text for each figure, and metadata; no dates.
  /// - Parameters:
  ///   - purpose: whether there are links and an outline too, and which standards the file keeps.
  ///   - attachments: files for the reader to take out again (`Attachment.all`); of a report only.
  /// - Throws: `Problem` for a picture that cannot be decoded, an attachment whose name is not plain, and where Cairo
  ///   or libqpdf fails.
  public func pdf(
    _ document: Document, for purpose: PDFPurpose = .report, attachments: [Attachment] = []
  ) throws(Problem) -> [UInt8] {
    let sink = ByteSink()
    let first = document.pages.first?.size ?? Size(width: 595.276, height: 841.89)
    let target = try CairoSurface(pdf: sink, size: first, title: document.title)
    let structure = StructureTree()
    let canvas = CairoCanvas(
      target: target, shaper: shaper, pictures: PictureCache(rasterises: false), structure: structure,
      anchors: purpose == .report
        ? document.pages.reduce(into: []) { $0.formUnion(CairoCanvas.anchors(in: $1.items)) } : [],
      leadsOutside: purpose == .report)
    for page in document.pages {
      target.setPageSize(page.size)
      structure.beginPage(page.size)
      try canvas.draw(page.items)
      target.endPage()
      try target.check("draw a page")
    }
    if purpose == .report { addOutline(document.outline, to: target) }
    try target.finish()
    return try PDFFinish.finished(
      sink.bytes, structure: structure, of: document, for: purpose,
      attachments: purpose == .report ? attachments : [])
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

  /// A single figure as a PDF of its own size, for papers: PDF 1.5, without links.
  /// - Parameter alternative: a text for those who cannot see it.
  /// - Throws: as the other.
  public func pdf(_ frame: Frame, title: String, alternative: String) throws(Problem) -> [UInt8] {
    let box = Rect(x: 0, y: 0, width: frame.size.width, height: frame.size.height)
    let figure = Frame(
      size: frame.size, items: [.tagged(frame.items, role: .figure(box), alternative: alternative)])
    return try pdf(Document(title: title, language: "en-GB", pages: [figure], outline: []), for: .figure)
  }

  /// How an SVG file holds its text.
  public enum SVGText: Sendable, Hashable, CaseIterable {
    /// As outlines: it looks the same without the fonts.
    case paths
    /// As text that can be selected and found; without the fonts a browser takes others, as wide as ours.
    case text
  }

  /// A page or figure as SVG; lengths in points.
  /// - Parameters:
  ///   - title: of the picture; none where it is empty.
  ///   - description: what is to be seen there, for who does not see it; nil for what the page says.
  ///   - mostBytes: beyond which pictures are made coarser, as far as that is of use; nil leaves them as they are.
  /// - Throws: `Problem` for a picture that cannot be decoded.
  public func svg(
    _ frame: Frame, text: SVGText = .paths, title: String = "", description: String? = nil, mostBytes: Int? = nil
  ) throws(Problem) -> [UInt8] {
    let words = description ?? (text == .paths ? SpokenText.text(of: frame, measurer: measurer) : "")
    func svg(_ frame: Frame) -> [UInt8] {
      SVGWriter.svg(
        frame, shaper: shaper, isText: text == .text, fallback: fallback.files.map(\.family), title: title,
        description: words)
    }
    let made = svg(frame)
    guard let mostBytes, made.count > mostBytes, let last = SmallerPictures.steps.indices.last else { return made }
    // The first step that is enough, by halves, since each takes less than the one before it; the last where none is.
    var (least, most) = (0, last)
    var ofMost: Frame?
    while least < most {
      let step = (least + most) / 2
      var pictures = SmallerPictures(self, SmallerPictures.steps[step])
      let smaller = try pictures.smaller(frame)
      // Less a hundredth: formats and sizes are named in the file too.
      if made.count - pictures.savedBytes <= mostBytes - mostBytes / 100 {
        (most, ofMost) = (step, smaller)
      } else {
        least = step + 1
      }
    }
    if ofMost == nil {
      var pictures = SmallerPictures(self, SmallerPictures.steps[most])
      ofMost = try pictures.smaller(frame)
    }
    let smaller = svg(ofMost ?? frame)
    // Where pictures are not what makes it large.
    return smaller.count < made.count ? smaller : made
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
