using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace FishCheckpoint.Tensors;

/// <summary>The ordered tensors of a model. Positions of masks and deltas are flat unit indices in a tensor of a layout.</summary>
public sealed class Layout
{
    private readonly Dictionary<string, int> indexByName;

    /// <summary>Creates a layout.</summary>
    /// <param name="tensors">The tensors, in order, with unique names. The array is not copied.</param>
    public Layout(TensorInfo[] tensors)
    {
        Tensors = tensors;
        indexByName = new Dictionary<string, int>(tensors.Length, StringComparer.Ordinal);
        for (var index = 0; index < tensors.Length; index++)
        {
            indexByName.Add(tensors[index].Name, index);
        }

        Id = ComputeId(tensors);
    }

    /// <summary>The tensors, in order.</summary>
    public IReadOnlyList<TensorInfo> Tensors { get; }

    /// <summary>SHA-256 over the names, dtypes and shapes in order (docs/reference/format/container.md, "Identities").</summary>
    public Digest Id { get; }

    /// <summary>The number of elements in all tensors.</summary>
    public long Elements => Tensors.Sum(tensor => tensor.Elements);

    /// <summary>The bytes of all tensors.</summary>
    public long Bytes => Tensors.Sum(tensor => tensor.Bytes);

    /// <summary>Finds the index of a tensor.</summary>
    /// <returns><see langword="false"/> if no tensor has this name.</returns>
    public bool TryIndexOf(string name, out int index) => indexByName.TryGetValue(name, out index);

    private static Digest ComputeId(TensorInfo[] tensors)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData("fishcheckpoint layout 1\n"u8);
        foreach (var tensor in tensors)
        {
            var name = Encoding.UTF8.GetBytes(tensor.Name);
            Append(name.Length);
            hash.AppendData(name);
            hash.AppendData([(byte)tensor.Type]);
            Append(tensor.Shape.Count);
            foreach (var dimension in tensor.Shape)
            {
                Append(dimension);
            }

            void Append(long value)
            {
                Span<byte> bytes = stackalloc byte[8];
                BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
                hash.AppendData(bytes);
            }
        }

        return Digest.Finish(hash);
    }
}
