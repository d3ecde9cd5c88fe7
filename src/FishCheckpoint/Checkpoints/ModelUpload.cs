using FishCheckpoint.Tensors;

namespace FishCheckpoint.Checkpoints;

/// <summary>A file of a base to upload.</summary>
/// <param name="Name">Its name: a path in the base's folder, separated by <c>/</c>.</param>
/// <param name="Content">Its bytes, read once. The creator owns the stream.</param>
public sealed record UploadFile(string Name, Stream Content);

/// <summary>Creates uploads.</summary>
public static class ModelUpload
{
    /// <summary>A base of one file, called <c>model.safetensors</c>.</summary>
    public static async IAsyncEnumerable<UploadFile> FromStream(Stream content)
    {
        await Task.CompletedTask;
        yield return new UploadFile(ModelFiles.SingleFileName, content);
    }

    /// <summary>A file, or a folder's model and side files, opened one after another.</summary>
    /// <param name="path">The file or folder.</param>
    public static IAsyncEnumerable<UploadFile> FromPath(string path) =>
        Directory.Exists(path) ? FromContents(FolderContents.Read(path)) : FromFiles([new SideFile(ModelFiles.SingleFileName, path)]);

    /// <summary>A folder's model and side files, opened one after another.</summary>
    /// <param name="contents">The classified folder.</param>
    public static IAsyncEnumerable<UploadFile> FromContents(FolderContents contents) => FromFiles(
        contents.Weights.Select(name => new SideFile(name, Path.Combine(contents.Folder, name))).Concat(contents.SideFiles));

    private static async IAsyncEnumerable<UploadFile> FromFiles(IEnumerable<SideFile> files)
    {
        foreach (var file in files)
        {
            await using var content = PositionalFile.OpenInput(file.Path);
            yield return new UploadFile(file.Name, content);
        }
    }
}
