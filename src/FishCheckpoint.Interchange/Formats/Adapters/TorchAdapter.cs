using System.Buffers.Binary;
using FishCheckpoint.Errors;
using FishCheckpoint.Interchange.Pickles;
using FishCheckpoint.Interchange.Torch;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange.Formats.Adapters;

/// <summary>Tensors of a PyTorch file. Each is verified by its checksum before use.</summary>
internal sealed class TorchAdapter(TorchFile file, string key)
{
    private readonly HashSet<TorchStorage> verified = new(ReferenceEqualityComparer.Instance);

    /// <summary>The saved object.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.VersionInvalid"/>: it is not a map.</exception>
    public PickleMap Root => file.Root as PickleMap ?? throw Files.JsonFile.Fail(key, "The file does not contain a map.");

    /// <summary>A value of a map, of a required kind.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.VersionInvalid"/>: it is missing or of another kind.</exception>
    public T Get<T>(PickleMap map, string name)
        where T : class =>
        map.TryGet(name, out var value) && value is T found
            ? found : throw Files.JsonFile.Fail(key, $"'{name}' is missing or has the wrong type.");

    /// <summary>A tensor's dtype.</summary>
    public DType TypeOf(TorchTensor tensor) =>
        tensor.Type ?? throw Files.JsonFile.Fail(key, $"A tensor has the unsupported type {tensor.Storage.TypeName}.");

    /// <summary>The bytes of a tensor in element order.</summary>
    public byte[] Bytes(TorchTensor tensor)
    {
        var bytes = AdapterChecks.Room(key, tensor.Elements * DTypes.UnitSizeOf(TypeOf(tensor)));
        Reader(tensor)(0, bytes);
        return bytes;
    }

    /// <summary>Reads a tensor by position.</summary>
    public Action<long, Span<byte>> Reader(TorchTensor tensor)
    {
        if (verified.Add(tensor.Storage))
        {
            file.Verify([tensor.Storage]);
        }

        var reader = new StridedReader(file, tensor);
        return reader.Read;
    }

    /// <summary>Integers of 32 or 64 bits.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.VersionInvalid"/>: it has another dtype.</exception>
    public long[] Numbers(TorchTensor tensor) => Numbers(TypeOf(tensor), Bytes(tensor), key);

    /// <summary>As above, from bytes.</summary>
    public static long[] Numbers(DType type, ReadOnlySpan<byte> bytes, string key)
    {
        var numbers = new long[bytes.Length / DTypes.UnitSizeOf(type)];
        for (var index = 0; index < numbers.Length; index++)
        {
            numbers[index] = type switch
            {
                DType.I32 => BinaryPrimitives.ReadInt32LittleEndian(bytes[(index * 4)..]),
                DType.I64 => BinaryPrimitives.ReadInt64LittleEndian(bytes[(index * 8)..]),
                DType.F32 => Whole(BinaryPrimitives.ReadSingleLittleEndian(bytes[(index * 4)..]), key),
                _ => throw Files.JsonFile.Fail(key, $"Positions must be I32 or I64, not {DTypes.NameOf(type)}."),
            };
        }

        return numbers;
    }

    // Windows saves them as floats, which are exact up to 2^24.
    private static long Whole(float number, string key) => number is >= 0 and <= 1 << 24 && MathF.Truncate(number) == number ? (long)number
        : throw Files.JsonFile.Fail(key, "A position is a float but not an integer up to 16,777,216.");
}
