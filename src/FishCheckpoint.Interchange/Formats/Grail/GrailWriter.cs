using System.Buffers.Binary;
using System.Text.Json;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Codec;
using FishCheckpoint.Errors;
using FishCheckpoint.Interchange.Files;
using FishCheckpoint.Interchange.Hashing;
using FishCheckpoint.Interchange.Writing;
using FishCheckpoint.Interchange.Zstandard;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange.Formats.Grail;

/// <summary>Writes versions of the format: the inverse of <see cref="GrailReader"/>. It does not sign them; that needs a key.</summary>
internal sealed class GrailWriter : IVersionWriter
{
    private const int Level = 1;

    private readonly ExportOptions options;

    public GrailWriter(ExportOptions options)
    {
        this.options = options;
        Choice.None(options.Encoding, "encoding");
        Choice.None(options.Checksum, "checksum");
        Choice.None(options.Positions, "positions");
    }

    public async Task<Written> WriteFullAsync(ExportState state, IModelReader model, CancellationToken cancellation)
    {
        using var version = new StagedVersion(PlaceOf(state));
        await ModelFilesWriter.WriteAsync(version, $"{GrailFormat.Full}/", model, cancellation, GrailFormat.Own);
        var hash = WholeChecksum.Of(model, Checksums.Xxh3, cancellation);
        return Finish(version, GrailFormat.Full, state, null, hash,
            model.Files.Select(file => file.Name).Except(GrailFormat.Own, StringComparer.Ordinal));
    }

    public Written WriteDelta(ExportState state, ExportState below, StatePair pair, CancellationToken cancellation)
    {
        using var spool = new ElementSpool(options.SpoolFolder);
        foreach (var tensor in pair.Changed)
        {
            spool.Add(pair, tensor, cancellation);
        }

        using var version = new StagedVersion(PlaceOf(state));
        using var frame = new Spool(options.SpoolFolder);
        Encode(spool, state.Name, frame);
        version.Write($"{GrailFormat.Delta}/{GrailReader.FileName}", stream => SpoolCopy.To(stream, frame, 0, frame.Length));
        version.Write($"{GrailFormat.Delta}/delta_metadata.json", DeltaMetadata(state, below, spool, pair.Layout));
        var hash = WholeChecksum.Of(pair.To, Checksums.Xxh3, cancellation);
        return Finish(version, GrailFormat.Delta, state, below.Number, hash, [GrailReader.FileName, "delta_metadata.json"]);
    }

    private static byte[] DeltaMetadata(ExportState state, ExportState below, ElementSpool spool, Layout layout)
    {
        var changed = spool.Tensors.Sum(elements => elements.Count);
        return JsonSerializer.SerializeToUtf8Bytes(new
        {
            format = "sparse_codec_v3.1", threshold = 0.0, prev_window = below.Number, anchor_window = VersionName.NumberOf(state.Anchor),
            shapes = spool.Tensors.ToDictionary(
                elements => elements.Tensor.Name, elements => elements.Tensor.Shape, StringComparer.Ordinal),
            total_params = layout.Elements, nonzero_params = changed,
            sparsity_ratio = 1.0 - (changed / (double)Math.Max(1, layout.Elements)),
        });
    }

    private Written Finish(StagedVersion version, string kind, ExportState state, long? below, string hash, IEnumerable<string> files)
    {
        var digests = files.ToDictionary(file => file, file => DigestOf(version.PathOf($"{kind}/{file}")), StringComparer.Ordinal);
        var metadata = new GrailMetadata(state.Number, below, VersionName.NumberOf(state.Anchor), hash, digests);
        version.Write($"{kind}/{GrailMetadata.FileName}", metadata.Write(state.Info!));
        version.Write($"{kind}/{kind}", []);
        version.Write($"READY-{state.Number}", []);
        return new Written(version.Commit(), PlaceOf(state), version.Bytes);
    }

    private static string DigestOf(string path)
    {
        using var stream = new BufferedStream(PositionalFile.OpenStream(path), 1 << 16);
        return Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(stream));
    }

    private string PlaceOf(ExportState state) => Path.Combine(options.Folder, GrailFormat.FolderOf(state.Number));

    private static void Encode(ElementSpool spool, string version, Spool frame)
    {
        var (tensors, begin) = (new List<GrailTensor>(), 0L);
        foreach (var elements in spool.Tensors)
        {
            tensors.Add(Describe(spool, elements, begin, $"{version}: {elements.Tensor.Name}"));
            begin = tensors[^1].End;
        }

        var header = JsonSerializer.SerializeToUtf8Bytes(new { version = GrailReader.FormatVersion, tensors = tensors.Select(HeaderOf) });
        using var writer = new ZstdWriter(frame, Level, 4 + header.Length + begin);
        var prefix = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(prefix, header.Length);
        writer.Write(prefix);
        writer.Write(header);
        for (var index = 0; index < tensors.Count; index++)
        {
            var elements = spool.Tensors[index];
            Cells(spool, elements, (row, _) => Write(writer, row, tensors[index].RowDtype));
            Cells(spool, elements, (_, column) => Write(writer, column, tensors[index].ColumnDtype));
            spool.CopyValues(elements, writer.Write);
        }

        writer.Finish();
    }

    private static object HeaderOf(GrailTensor tensor) => new
    {
        name = tensor.Name, shape = tensor.Shape, num_nonzero = tensor.Count, value_dtype = tensor.ValueDtype, row_dtype = tensor.RowDtype,
        col_dtype = tensor.ColumnDtype, indices_offset = tensor.Begin, indices_size = tensor.RowBytes + tensor.ColumnBytes,
        rows_size = tensor.RowBytes,
        cols_size = tensor.ColumnBytes, values_offset = tensor.Values, values_size = tensor.ValueBytes,
    };

    private static GrailTensor Describe(ElementSpool spool, SpooledElements elements, long begin, string key)
    {
        var tensor = elements.Tensor;
        if (GrailDtypes.NameOf(tensor.Type) is not { } dtype || tensor.Shape.Count == 0)
        {
            throw new FishException(
                ErrorCode.DtypeMismatch, key,
                $"The format supports only BF16, F16 and F32 with at least one dimension; the tensor is {tensor}.",
                "Export as disk-delta.");
        }

        var (rows, columns) = (0L, 0L);
        Cells(spool, elements, (row, column) => (rows, columns) = (Math.Max(rows, row), Math.Max(columns, column)));
        return rows <= int.MaxValue && columns <= int.MaxValue
            ? new GrailTensor(
                tensor.Name, [.. tensor.Shape], elements.Count, dtype, GrailDtypes.For(rows, isRow: true),
                GrailDtypes.For(columns, isRow: false), begin)
            : throw new FishException(ErrorCode.TooLarge, key, "A row or column does not fit 32 bits.", "Export as disk-delta.");
    }

    // Rows as gaps; columns absolute in a new row, and as gaps otherwise.
    private static void Cells(ElementSpool spool, SpooledElements elements, Action<long, long> visit)
    {
        var (next, width) = (spool.PositionsOf(elements), Math.Max(1, GrailReader.WidthOf(elements.Tensor)));
        var (row, column) = (0L, 0L);
        for (var index = 0L; index < elements.Count; index++)
        {
            var (nextRow, nextColumn) = Math.DivRem(next(), width);
            visit(nextRow - row, index == 0 || nextRow != row ? nextColumn : nextColumn - column);
            (row, column) = (nextRow, nextColumn);
        }
    }

    private static void Write(ZstdWriter writer, long value, string dtype)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, (int)value);
        writer.Write(bytes[..GrailDtypes.WidthOf(dtype)]);
    }
}
