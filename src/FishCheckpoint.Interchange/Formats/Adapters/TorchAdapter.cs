using System.Buffers.Binary;
using FishCheckpoint.Errors;
using FishCheckpoint.Interchange.Pickles;
using FishCheckpoint.Interchange.Torch;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange.Formats.Adapters;

/// <summary>Tensors out of a PyTorch file, each with its checksum compared before it is used.</summary>
internal sealed class TorchAdapter(TorchFile file, string key)
{
    private readonly HashSet<TorchStorage> verified = new(ReferenceEqualityComparer.Instance);

    /// <summary>What was saved.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.VersionInvalid"/>: no map.</exception>
    public PickleMap Root => file.Root as PickleMap ?? throw Files.JsonFile.Fail(key, "The file holds no map.");

    /// <summary>A value of a map, which has to be of a kind.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.VersionInvalid"/>: it is missing, or another.</exception>
    public T Get<T>(PickleMap map, string name)
        where T : class =>
        map.TryGet(name, out var value) && value is T found
            ? found : throw Files.JsonFile.Fail(key, $"'{name}' is missing, or not what the format says.");

    /// <summary>A tensor's dtype.</summary>
    public DType TypeOf(TorchTensor tensor) =>
        tensor.Type ?? throw Files.JsonFile.Fail(key, $"A tensor is of the type {tensor.Storage.TypeName}.");

    /// <summary>The bytes of a tensor, element by element.</summary>
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

    /// <summary>Whole numbers of 32 or 64 bits.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.VersionInvalid"/>: it holds others.</exception>
    public long[] Numbers(TorchTensor tensor) => Numbers(TypeOf(tensor), Bytes(tensor), key);

    /// <summary>As above, out of bytes.</summary>
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
                _ => throw Files.JsonFile.Fail(key, $"Positions are I32 or I64, not {DTypes.NameOf(type)}."),
            };
        }

        return numbers;
    }

    // Windows saves them as floats, of which those up to 2^24 are told apart.
    private static long Whole(float number, string key) => number is >= 0 and <= 1 << 24 && MathF.Truncate(number) == number ? (long)number
        : throw Files.JsonFile.Fail(key, "A position is a float that is no whole number up to 16,777,216.");
}
