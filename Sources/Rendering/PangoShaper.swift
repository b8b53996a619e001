import CCairo
import Foundation
import Support
import Typesetting

/// Shapes text by Pango, for measuring and for drawing alike, so that a measured width is the drawn one: no hinting,
/// subpixel positions, one unit a point.
///
/// Pango's objects belong to one thread at a time; a lock sees to that.
@safe public final class PangoShaper: TextMeasurer, @unchecked Sendable {
  private let lock = NSLock()
  private let fontMap: UnsafeMutablePointer<PangoFontMap>
  private let context: OpaquePointer
  private var metrics: [Font: (ascent: Double, descent: Double)] = [:]
  private var extents: [Font: [String: Double]] = [:]
  private var outlines: [GlyphName: [PathElement]] = [:]
  /// Pango's fonts whose glyphs are known, held so that no other takes an address of theirs.
  private var heldFonts: Set<UInt> = []

  /// Which glyph of which of Pango's fonts.
  private struct GlyphName: Hashable {
    /// Its address.
    var font: UInt
    var glyph: UInt32
  }

  /// - Parameter fallback: for the characters that the report's own fonts have not.
  /// - Throws: `Problem` when the fonts cannot be opened.
  public init(fallback: FallbackFonts = .none) throws(Problem) {
    let configuration = try unsafe FontBook.configuration(with: fallback)
    guard let map = unsafe pango_cairo_font_map_new(), let context = unsafe pango_font_map_create_context(map) else {
      throw .failure("Pango could not be started", remedy: "`heatdrift doctor` checks the installed libraries.")
    }
    unsafe fontMap = unsafe map
    unsafe pango_fc_font_map_set_config(OpaquePointer(map), configuration)
    unsafe pango_cairo_font_map_set_resolution(OpaquePointer(map), 72)
    let options = unsafe cairo_font_options_create()
    unsafe cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE)
    unsafe cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF)
    unsafe cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY)
    unsafe pango_cairo_context_set_font_options(context, options)
    unsafe cairo_font_options_destroy(options)
    unsafe pango_context_set_round_glyph_positions(context, 0)
    // The language chooses among localised forms of glyphs; the environment's must not.
    unsafe pango_context_set_language(context, pango_language_from_string("en"))
    // Words are placed from left to right, a space at their ends; what is written from right to left turns within them.
    unsafe pango_context_set_base_dir(context, PANGO_DIRECTION_LTR)
    unsafe self.context = unsafe context
  }

  deinit {
    for font in heldFonts { unsafe g_object_unref(UnsafeMutableRawPointer(bitPattern: font)) }
    unsafe g_object_unref(UnsafeMutableRawPointer(context))
    unsafe g_object_unref(UnsafeMutableRawPointer(fontMap))
  }

  public func extent(of text: String, font: Font) -> TextExtent {
    lock.withLock {
      let vertical = fontMetrics(font)
      if let width = extents[font]?[text] {
        return TextExtent(width: width, ascent: vertical.ascent, descent: vertical.descent)
      }
      let layout = unsafe makeLayout(text, font)
      defer { unsafe g_object_unref(UnsafeMutableRawPointer(layout)) }
      var logical = PangoRectangle()
      if let line = unsafe pango_layout_get_line_readonly(layout, 0) {
        unsafe pango_layout_line_get_extents(line, nil, &logical)
      }
      let width = Double(logical.width) / Double(PANGO_SCALE)
      extents[font, default: [:]][text] = width
      return TextExtent(width: width, ascent: vertical.ascent, descent: vertical.descent)
    }
  }

  /// Draws with the left end of the baseline at the current point.
  /// - Parameter asPath: places glyphs exactly on pixels too: up to Cairo 1.16 they stand at whole ones, from 1.18 on at
  ///   quarters.
  func draw(_ text: String, font: Font, on surface: CairoSurface, asPath: Bool) {
    lock.withLock {
      let layout = unsafe makeLayout(text, font)
      defer { unsafe g_object_unref(UnsafeMutableRawPointer(layout)) }
      guard let line = unsafe pango_layout_get_line(layout, 0) else { return }
      unsafe alignBaselines(line)
      unsafe surface.withContext { cairo in
        if asPath {
          unsafe pango_cairo_layout_line_path(cairo, line)
          unsafe cairo_fill(cairo)
        } else {
          unsafe pango_cairo_show_layout_line(cairo, line)
        }
      }
    }
  }

  /// The outlines of a text's glyphs in thousandths of the font's size, y down from the baseline, and where each stands, in
  /// points; nil where one is none of any font's.
  func glyphs(of text: String, font: Font) -> [(outline: [PathElement], origin: Point)]? {
    lock.withLock {
      let layout = unsafe makeLayout(text, font)
      defer { unsafe g_object_unref(UnsafeMutableRawPointer(layout)) }
      guard let line = unsafe pango_layout_get_line(layout, 0) else { return [] }
      unsafe alignBaselines(line)
      var found: [(outline: [PathElement], origin: Point)] = []
      var x: Int32 = 0
      var next = unsafe line.pointee.runs
      while let run = unsafe next {
        unsafe next = unsafe run.pointee.next
        guard let item = unsafe run.pointee.data?.assumingMemoryBound(to: PangoGlyphItem.self),
          let string = unsafe item.pointee.glyphs, let face = unsafe item.pointee.item.pointee.analysis.font
        else { continue }
        for index in unsafe 0..<Int(string.pointee.num_glyphs) {
          let glyph = unsafe string.pointee.glyphs[index]
          // PANGO_GLYPH_UNKNOWN_FLAG
          if glyph.glyph & 0x1000_0000 != 0 { return nil }
          // PANGO_GLYPH_EMPTY
          if glyph.glyph != 0x0FFF_FFFF, let outline = unsafe outline(of: glyph.glyph, face) {
            let scale = Double(PANGO_SCALE)
            found.append(
              (
                outline,
                Point(Double(x + glyph.geometry.x_offset) / scale, Double(glyph.geometry.y_offset) / scale)
              ))
          }
          x += glyph.geometry.width
        }
      }
      return found
    }
  }

  /// The outline of a text as Pango draws it, whatever no font has; the left end of the baseline at (0, 0), in points.
  func path(of text: String, font: Font) -> [PathElement] {
    guard let surface = try? CairoSurface(width: 1, height: 1) else { return [] }
    return lock.withLock {
      let layout = unsafe makeLayout(text, font)
      defer { unsafe g_object_unref(UnsafeMutableRawPointer(layout)) }
      guard let line = unsafe pango_layout_get_line(layout, 0) else { return [] }
      unsafe alignBaselines(line)
      surface.move(to: Point(0, 0))
      unsafe surface.withContext { unsafe pango_cairo_layout_line_path($0, line) }
      return surface.path
    }
  }

  private func outline(of glyph: UInt32, _ font: UnsafeMutablePointer<PangoFont>) -> [PathElement]? {
    let name = GlyphName(font: UInt(bitPattern: font), glyph: glyph)
    if let known = outlines[name] { return known }
    guard let scaled = unsafe pango_cairo_font_get_scaled_font(OpaquePointer(font)) else { return nil }
    let found = unsafe CairoSurface.outline(of: UInt(glyph), face: cairo_scaled_font_get_font_face(scaled))
    if heldFonts.insert(name.font).inserted { _ = unsafe g_object_ref(UnsafeMutableRawPointer(font)) }
    outlines[name] = found
    return found
  }

  /// Puts all scripts of a line on one baseline. Pango hangs some by the top of the line's first, which is right for a line
  /// of that script, and lifts a name above the words around it.
  private func alignBaselines(_ line: UnsafeMutablePointer<PangoLayoutLine>) {
    var next = unsafe line.pointee.runs
    while let run = unsafe next {
      unsafe run.pointee.data?.assumingMemoryBound(to: PangoGlyphItem.self).pointee.y_offset = 0
      unsafe next = unsafe run.pointee.next
    }
  }

  private func makeLayout(_ text: String, _ font: Font) -> OpaquePointer {
    let layout = unsafe pango_layout_new(context)
    unsafe pango_layout_set_single_paragraph_mode(layout, 1)
    unsafe pango_layout_set_auto_dir(layout, 0)
    let description = unsafe describe(font)
    unsafe pango_layout_set_font_description(layout, description)
    unsafe pango_font_description_free(description)
    let attributes = unsafe pango_attr_list_new()
    // Lining figures of equal width, so that columns of numbers align.
    unsafe pango_attr_list_insert(attributes, pango_attr_font_features_new("lnum=1, tnum=1"))
    unsafe pango_attr_list_insert(attributes, pango_attr_fallback_new(1))
    unsafe pango_layout_set_attributes(layout, attributes)
    unsafe pango_attr_list_unref(attributes)
    unsafe pango_layout_set_text(layout, text, Int32(text.utf8.count))
    return unsafe unsafeBitCast(layout, to: OpaquePointer.self)
  }

  private func describe(_ font: Font) -> OpaquePointer? {
    let description = unsafe pango_font_description_new()
    unsafe pango_font_description_set_family(description, FontBook.name(font.family))
    unsafe pango_font_description_set_absolute_size(description, font.size * Double(PANGO_SCALE))
    unsafe pango_font_description_set_weight(description, font.bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL)
    let slant = font.family == .serif ? PANGO_STYLE_ITALIC : PANGO_STYLE_OBLIQUE
    unsafe pango_font_description_set_style(description, font.italic ? slant : PANGO_STYLE_NORMAL)
    return unsafe description
  }

  private func fontMetrics(_ font: Font) -> (ascent: Double, descent: Double) {
    if let known = metrics[font] { return known }
    let description = unsafe describe(font)
    defer { unsafe pango_font_description_free(description) }
    let found = unsafe pango_context_get_metrics(context, description, nil)
    defer { unsafe pango_font_metrics_unref(found) }
    let value = unsafe (
      Double(pango_font_metrics_get_ascent(found)) / Double(PANGO_SCALE),
      Double(pango_font_metrics_get_descent(found)) / Double(PANGO_SCALE)
    )
    metrics[font] = value
    return value
  }
}
