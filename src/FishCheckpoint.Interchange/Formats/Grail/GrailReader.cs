using System.Buffers.Binary;
using FishCheckpoint.Codec;
using FishCheckpoint.Errors;
using FishCheckpoint.Interchange.Files;
using FishCheckpoint.Interchange.Hashing;
using FishCheckpoint.Interchange.Patching;
using FishCheckpoint.Interchange.Zstandard;
using FishCheckpoint.Tensors;
using Microsoft.Win32.SafeHandles;

namespace FishCheckpoint.Interchange.Formats.Grail;

/// <summary>A delta of the format. Its one frame is decompressed into a spool, bounded by the layout's size.</summary>
internal sealed class GrailReader : IVersionDelta
{
    public const string FileName = "delta_sparse.bin.zst";
    public const int FormatVersion = 31;

    private readonly string key;
    private readonly GrailMetadata metadata;
    private readonly Dictionary<string, GrailTensor> tensors = new(StringComparer.Ordinal);
    private readonly Spool data;

    public GrailReader(FoundVersion version, Layout layout, ImportOptions options)
    {
        key = version.Key;
        metadata = GrailMetadata.Read(version.Path, key, version.Number!.Value, options.MaxHeaderLength);
        metadata.CheckFiles(version.Path, key);
        data = new Spool(options.SpoolFolder);
        try
        {
            Load(Path.Combine(version.Path, FileName), layout, options.MaxHeaderLength);
        }
        catch
        {
            data.Dispose();
            throw;
        }
    }

    public IReadOnlyCollection<string> Tensors => tensors.Keys;

    public ExpectedChecksum? Whole => metadata.WeightsHash is { } hash ? new ExpectedChecksum(Checksums.Xxh3, hash) : null;

    public TensorPatch Open(string tensor, TensorInfo info)
    {
        var (said, at) = (tensors[tensor], $"{key}: {tensor}");
        var values = new RegionReader(data.Read, said.Values, said.ValueBytes);
        return new ElementPatch(at, info, said.Count, PositionsOf(said, info, at), values);
    }

    public ExpectedChecksum? ChecksumOf(string tensor) => null;

    public void Dispose() => data.Dispose();

    private Func<long> PositionsOf(GrailTensor said, TensorInfo info, string at)
    {
        var rows = new RegionReader(data.Read, said.Begin, said.RowBytes);
        var columns = new RegionReader(data.Read, said.Columns, said.ColumnBytes);
        var (width, row, column, first) = (WidthOf(info), 0L, 0L, true);
        return () =>
        {
            var (gap, next) = (Next(rows, said.RowDtype), Next(columns, said.ColumnDtype));
            row += gap;
            column = first || gap != 0 ? next : column + next;
            first = false;
            return column >= 0 && column < width ? (row * width) + column : throw PositionOrder.OutOfRange(at, column, width);
        };
    }

    /// <summary>The number of columns of a tensor.</summary>
    public static long WidthOf(TensorInfo info) => info.Shape.Skip(1).Aggregate(1L, (product, size) => product * size);

    private static long Next(RegionReader region, string dtype) => dtype switch
    {
        GrailDtypes.UInt8 => region.U8(),
        GrailDtypes.UInt16 => region.U16(),
        _ => region.I32(),
    };

    private void Load(string path, Layout layout, int maxHeaderLength)
    {
        using var handle = Open(path);
        using var frame = new ZstdReader(
            (offset, bytes) => PositionalFile.ReadExactly(handle, offset, bytes, key), RandomAccess.GetLength(handle), key);
        Span<byte> prefix = stackalloc byte[4];
        frame.ReadExactly(prefix);
        var length = BinaryPrimitives.ReadUInt32LittleEndian(prefix);
        if (length > (uint)maxHeaderLength || length > (frame.Declared ?? length))
        {
            throw new FishException(ErrorCode.HeaderTooLarge, key,
                $"The header announces {length} bytes; the limit is {maxHeaderLength}.", "The version is damaged or hostile.");
        }

        var header = new byte[length];
        frame.ReadExactly(header);
        var end = ReadHeader(header, layout);
        frame.Require(4L + length + end);
        Copy(frame, end);
        frame.Finish();
    }

    private long ReadHeader(byte[] header, Layout layout)
    {
        var json = JsonFile.Parse(header, key, FileName);
        if (json.Number("version", key) is var version && version != FormatVersion)
        {
            throw JsonFile.Fail(key, $"The data has the codec version {version}; {FormatVersion} is supported.");
        }

        var end = 0L;
        foreach (var item in json.Items("tensors", key))
        {
            var tensor = GrailTensor.Read(item, layout, end, key);
            end = tensors.TryAdd(tensor.Name, tensor)
                ? tensor.End : throw JsonFile.Fail($"{key}: {tensor.Name}", "The header lists the tensor twice.");
        }

        return end;
    }

    private void Copy(ZstdReader frame, long bytes)
    {
        Span<byte> buffer = new byte[1 << 17];
        for (; bytes > 0; bytes -= buffer.Length)
        {
            buffer = buffer[..(int)Math.Min(bytes, buffer.Length)];
            frame.ReadExactly(buffer);
            data.Write(buffer);
        }
    }

    private SafeFileHandle Open(string path)
    {
        try
        {
            return PositionalFile.Open(path);
        }
        catch (FileNotFoundException error)
        {
            throw new FishException(
                ErrorCode.FileNotFound, $"{key}: {FileName}", "The file does not exist.", "Copy the version again.", error);
        }
    }
}
