using FishCheckpoint.Interchange.Files;
using FishCheckpoint.Interchange.Hashing;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange.Formats.Grail;

/// <summary>Opens full versions, and compares them with their metadata if there is any.</summary>
internal static class GrailFull
{
    public static ModelFolder Open(FoundVersion version, int maxHeaderLength)
    {
        var metadata = File.Exists(Path.Combine(version.Path, GrailMetadata.FileName))
            ? GrailMetadata.Read(version.Path, version.Key, version.Number!.Value, maxHeaderLength) : null;
        metadata?.CheckFiles(version.Path, version.Key);
        var model = FullVersion.Open(version, maxHeaderLength);
        try
        {
            if (metadata?.WeightsHash is { } expected)
            {
                new ExpectedChecksum(Checksums.Xxh3, expected).Require(HashOf(model), version.Key);
            }

            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    private static string HashOf(ModelFolder model)
    {
        var (hash, buffer) = (Checksums.Create(Checksums.Xxh3, Checksums.Xxh3), new byte[Blocks.Size]);
        foreach (var (tensor, index) in NameOrder.Of(model.Layout))
        {
            for (var block = 0L; block < Blocks.CountOf(tensor); block++)
            {
                var bytes = buffer.AsSpan(0, Blocks.LengthOf(tensor, block));
                model.ReadBlock(index, block, bytes);
                hash.Append(bytes);
            }
        }

        return hash.Finish();
    }
}
