using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange.Torch;

/// <summary>The storage that tensors are views of.</summary>
/// <param name="Key">What the file calls it.</param>
/// <param name="Type">The dtype that it was written with; <see langword="null"/> if it counts bytes, or has one that safetensors has
/// not.</param>
/// <param name="TypeName">PyTorch's name of its type.</param>
/// <param name="ElementSize">Bytes of an element.</param>
/// <param name="Count">Elements.</param>
internal sealed record TorchStorage(string Key, DType? Type, string TypeName, int ElementSize, long Count)
{
    /// <summary>Bytes of the storage.</summary>
    public long Bytes => Count * ElementSize;

    /// <summary>Where it lies in the file. In a legacy file that is known only after the pickle was read.</summary>
    public long Begin { get; set; } = -1;

    /// <summary>The CRC-32 that it has to have, where the file has one.</summary>
    public uint? Checksum { get; set; }
}

/// <summary>A tensor of a PyTorch file: a view of a storage, which it lies within.</summary>
/// <param name="Storage">The storage.</param>
/// <param name="Type">The dtype; <see langword="null"/> for one that safetensors has not.</param>
/// <param name="Offset">The storage's element that the tensor begins with, in elements of the tensor.</param>
/// <param name="Shape">The dimensions.</param>
/// <param name="Strides">How many elements of the storage lie between two of each dimension.</param>
internal sealed record TorchTensor(TorchStorage Storage, DType? Type, long Offset, long[] Shape, long[] Strides)
{
    /// <summary>The number of elements.</summary>
    public long Elements => Shape.Aggregate(1L, (product, dimension) => product * dimension);
}
