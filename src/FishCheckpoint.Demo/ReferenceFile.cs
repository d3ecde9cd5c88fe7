using System.Security.Cryptography;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Demo;

/// <summary>The safetensors file of a trainer's current model: the reference for rebuilt checkpoints.</summary>
public static class ReferenceFile
{
    /// <summary>The SHA-256 of the whole file.</summary>
    public static Digest DigestOf(Mlp model)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(HeaderWriter.Create(model.Layout.Tensors).ToFileBytes());
        for (var tensor = 0; tensor < model.Parameters.Length; tensor++)
        {
            hash.AppendData(model.BytesOf(tensor));
        }

        return Digest.Finish(hash);
    }
}
