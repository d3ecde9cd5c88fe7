using System.Text;
using FishCheckpoint.Benchmarks.EndToEnd.Reports;
using FishCheckpoint.Benchmarks.Sizes;
using FishCheckpoint.Codec;
using Spread = FishCheckpoint.Benchmarks.EndToEnd.Reports.Spread;

namespace FishCheckpoint.Benchmarks.Compressors;

/// <summary>LZ4 and Zstandard by the managed libraries beside the system's, on one thread, in turns.</summary>
internal static class CompressorsRun
{
    private const int WarmUps = 6;
    private const int Turns = 15;

    private static readonly (string Name, Func<Contender> System, Func<Contender> Ours)[] Codecs =
    [
        ("zstd -1", () => new(SystemLibraries.CompressZstd, SystemLibraries.DecompressZstd), () => new(Zstandard, Unzstd)),
        ("zstd, Huffman alone", () => new(SystemLibraries.CompressLiterals, SystemLibraries.DecompressZstd), () => new(Huffman, Unzstd)),
        ("LZ4", () => new(SystemLibraries.CompressLz4, SystemLibraries.DecompressLz4), () => new(Lz, Unlz)),
    ];

    public static void Run(string folder, bool write)
    {
        if (!SystemLibraries.AreThere)
        {
            throw new InvalidOperationException("Install liblz4 and libzstd: they are what is compared with.");
        }

        var (text, corpus) = (new StringBuilder(), new Corpus(folder));
        text.AppendLine($"Machine: {Machine.Describe()} Corpus: {corpus.Made}. System: {SystemLibraries.Versions}.\n")
            .AppendLine(
                "| input | codec | bytes, system | bytes, ours | encode, MB/s: system | ours | time, ours / system | decode, MB/s: system "
                + "| ours | time, ours / system |")
            .AppendLine("|---|---|---:|---:|---:|---:|---:|---:|---:|---:|");
        foreach (var (title, pieces) in CompressorInputs.OfFolder(folder, corpus))
        {
            foreach (var (name, system, ours) in Codecs)
            {
                text.AppendLine(Measure(title, name, pieces, system(), ours()));
            }
        }

        BenchmarkPage.Publish("compressors", text.ToString(), write);
    }

    private static string Measure(string title, string codec, byte[][] pieces, Contender system, Contender ours)
    {
        system.Agree(ours, pieces);
        for (var turn = -WarmUps; turn < Turns; turn++)
        {
            // Whoever goes first finds colder memory, so they take turns at that too.
            foreach (var contender in turn % 2 == 0 ? new[] { system, ours } : [ours, system])
            {
                contender.Turn(pieces, keep: turn >= 0);
            }
        }

        var megabytes = pieces.Sum(piece => (long)piece.Length) / 1e6;
        return $"| {title} | {codec} | {system.Bytes:N0} | {ours.Bytes:N0} | {system.Encoding.Rate(megabytes)} | "
            + $"{ours.Encoding.Rate(megabytes)} "
            + $"| {Spread.OfRatios(ours.Encoding.Seconds, system.Encoding.Seconds).Text("0.00")} | {system.Decoding.Rate(megabytes)} "
            + $"| {ours.Decoding.Rate(megabytes)} | {Spread.OfRatios(ours.Decoding.Seconds, system.Decoding.Seconds).Text("0.00")} |";
    }

    private static int Zstandard(ReadOnlySpan<byte> source, Span<byte> frame) =>
        Zstd.TryCompress(source, frame, 1, out var written) ? written : -1;

    private static int Huffman(ReadOnlySpan<byte> source, Span<byte> frame) =>
        Zstd.TryCompressLiterals(source, frame, out var written) ? written : -1;

    private static int Unzstd(ReadOnlySpan<byte> frame, Span<byte> content) =>
        Zstd.TryDecompress(frame, content, out var written) ? written : -1;

    private static int Lz(ReadOnlySpan<byte> source, Span<byte> block) => Lz4.TryCompress(source, block, 1, out var written) ? written : -1;

    private static int Unlz(ReadOnlySpan<byte> block, Span<byte> content) =>
        Lz4.TryDecompress(block, content, out var written) ? written : -1;
}
