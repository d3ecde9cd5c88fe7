using FishCheckpoint.Tensors;

namespace FishCheckpoint.Checkpoints;

/// <summary>A file of a base on its way into a store.</summary>
/// <param name="Name">Its name: one path segment.</param>
/// <param name="Content">Its bytes, read once from here on. Owned by whoever made it.</param>
public sealed record UploadFile(string Name, Stream Content);

/// <summary>Makes uploads.</summary>
public static class ModelUpload
{
    /// <summary>A base of one file: called <c>model.safetensors</c>.</summary>
    public static async IAsyncEnumerable<UploadFile> FromStream(Stream content)
    {
        await Task.CompletedTask;
        yield return new UploadFile(ModelFiles.SingleFileName, content);
    }

    /// <summary>A file, or a folder with all its files that are not hidden, opened one after another.</summary>
    public static async IAsyncEnumerable<UploadFile> FromPath(string path)
    {
        var paths = Directory.Exists(path)
            ? Directory.EnumerateFiles(path).Where(file => !Path.GetFileName(file).StartsWith('.')).Order(StringComparer.Ordinal)
            : Enumerable.Repeat(path, 1);
        foreach (var file in paths)
        {
            var name = Directory.Exists(path) ? Path.GetFileName(file) : ModelFiles.SingleFileName;
            await using var content = PositionalFile.OpenStream(file);
            yield return new UploadFile(name, content);
        }
    }
}
