using FishCheckpoint.Checkpoints;
using FishCheckpoint.Interchange.Hashing;
using FishCheckpoint.Interchange.Patching;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange.Writing;

/// <summary>The checksum of a model over all its tensors' bytes, by name.</summary>
internal static class WholeChecksum
{
    public static string Of(IModelReader model, string algorithm, CancellationToken cancellation)
    {
        var (hash, buffer) = (Checksums.Create(algorithm, algorithm), new byte[Blocks.Size]);
        foreach (var (tensor, _) in NameOrder.Of(model.Layout))
        {
            using var stream = TensorStream.Open(model, tensor.Name, cancellation);
            for (var block = 0L; block < Blocks.CountOf(tensor); block++)
            {
                var bytes = buffer.AsSpan(0, Blocks.LengthOf(tensor, block));
                stream.Read(bytes);
                hash.Append(bytes);
            }
        }

        return hash.Finish();
    }
}
