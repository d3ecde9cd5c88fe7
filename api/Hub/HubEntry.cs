using System.Text.Json.Serialization;
using FishCheckpoint.Checkpoints;

namespace FishCheckpoint.Api.Hub;

/// <summary>An entry of a repository's tree.</summary>
/// <param name="Type"><c>file</c> or <c>directory</c>.</param>
/// <param name="Oid">Its git object id.</param>
/// <param name="Size">A file's length; 0 for a directory.</param>
/// <param name="Path">Its path from the repository's top.</param>
/// <param name="Lfs">Its digest, if known.</param>
/// <param name="LastCommit">Its checkpoint, if requested.</param>
internal sealed record HubEntry(
    string Type, string Oid, long Size, string Path,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] HubLfs? Lfs = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] HubCommit? LastCommit = null)
{
    public static HubEntry Of(RestoredFile file, HubCommit? lastCommit) =>
        new("file", HubFile.BlobOf(file), file.Bytes, file.Name, HubFile.LfsOf(file), lastCommit);

    /// <param name="path">The directory's path.</param>
    /// <param name="files">All files below it.</param>
    /// <param name="lastCommit">Its checkpoint, if requested.</param>
    public static HubEntry Of(string path, IEnumerable<RestoredFile> files, HubCommit? lastCommit) =>
        new("directory", HubFile.TreeOf(files), 0, path, null, lastCommit);
}

/// <summary>A checkpoint as a commit.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Title">Its step, in words.</param>
/// <param name="Date">When it was saved.</param>
/// <param name="Message">The message: empty.</param>
/// <param name="Authors">The authors: none.</param>
internal sealed record HubCommit(string Id, string Title, string Date, string Message, IReadOnlyList<string> Authors)
{
    public static HubCommit Of(CheckpointInfo checkpoint) =>
        new(CommitId.Of(checkpoint).Text, Revision.OfStep(checkpoint.Step), HubModel.Time(checkpoint.Created), "", []);

    public static HubCommit Of(OpenedRevision opened) =>
        new(opened.Commit.Text, opened.Title, HubModel.Time(opened.Saved), "", []);
}
