using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange.Torch;

/// <summary>A storage, of which tensors are views.</summary>
/// <param name="Key">Its name in the file.</param>
/// <param name="Type">Its dtype; <see langword="null"/> if it counts bytes, or safetensors does not support it.</param>
/// <param name="TypeName">PyTorch's name of its type.</param>
/// <param name="ElementSize">Bytes of an element.</param>
/// <param name="Count">Elements.</param>
internal sealed record TorchStorage(string Key, DType? Type, string TypeName, int ElementSize, long Count)
{
    /// <summary>Bytes of the storage.</summary>
    public long Bytes => Count * ElementSize;

    /// <summary>Its offset in the file. In a legacy file it is known only after the pickle was read.</summary>
    public long Begin { get; set; } = -1;

    /// <summary>Its required CRC-32, if the file has one.</summary>
    public uint? Checksum { get; set; }
}

/// <summary>A tensor of a PyTorch file: a view within a storage.</summary>
/// <param name="Storage">The storage.</param>
/// <param name="Type">The dtype; <see langword="null"/> if safetensors does not support it.</param>
/// <param name="Offset">The offset of its first element in the storage, in elements of the tensor.</param>
/// <param name="Shape">The dimensions.</param>
/// <param name="Strides">The number of the storage's elements between neighbors in each dimension.</param>
internal sealed record TorchTensor(TorchStorage Storage, DType? Type, long Offset, long[] Shape, long[] Strides)
{
    /// <summary>The number of elements.</summary>
    public long Elements => Shape.Aggregate(1L, (product, dimension) => product * dimension);
}
