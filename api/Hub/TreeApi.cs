using System.Text.Json;
using FishCheckpoint.Api.Bodies;
using FishCheckpoint.Errors;
using FishCheckpoint.Stores;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FishCheckpoint.Api.Hub;

/// <summary>The routes that list a repository's files.</summary>
internal static class TreeApi
{
    public const string FormType = "application/x-www-form-urlencoded";
    public const string JsonType = "application/json";
    private const int MaxEntries = 1000;

    public static async Task<Ok<IReadOnlyList<HubEntry>>> ListAsync(
        string task, string revision, string? path, string? recursive, string? expand, int? limit, string? cursor, HttpContext context,
        IFishStore store, CancellationToken cancellation)
    {
        await using var opened = await OpenedRevision.OpenAsync(store, task, revision, cancellation);
        context.SayCommit(opened.Commit);
        var tree = new HubTree(opened.Reader.Files);
        var folder = (path ?? "").Trim('/');
        if (!tree.HasFolder(folder))
        {
            throw new FishException(ErrorCode.FileNotFound, folder, "The revision does not have this folder.",
                "List the revision's tree without a path.");
        }

        var max = Math.Clamp(limit ?? MaxEntries, 1, MaxEntries);
        var rest = tree.Below(folder, HubApi.IsYes(recursive)).Where(entry => cursor is null || string.CompareOrdinal(entry, cursor) > 0)
            .Take(max + 1).ToArray();
        context.SayNext(rest.Length > max ? rest[max - 1] : null);
        return TypedResults.Ok(EntriesOf(opened, tree, rest.Take(max), HubApi.IsYes(expand)));
    }

    public static async Task<Ok<IReadOnlyList<HubEntry>>> DescribeAsync(
        string task, string revision, HttpContext context, IFishStore store, CancellationToken cancellation)
    {
        var (paths, expand) = await ReadAsync(context.Request, cancellation);
        await using var opened = await OpenedRevision.OpenAsync(store, task, revision, cancellation);
        context.SayCommit(opened.Commit);
        var tree = new HubTree(opened.Reader.Files);
        return TypedResults.Ok(EntriesOf(opened, tree, tree.Below("", recursive: true).Where(paths.Contains), expand));
    }

    private static IReadOnlyList<HubEntry> EntriesOf(OpenedRevision opened, HubTree tree, IEnumerable<string> paths, bool expand) =>
        [.. paths.Select(path => tree.Describe(path, expand ? HubCommit.Of(opened) : null))];

    private static async Task<(HashSet<string> Paths, bool Expand)> ReadAsync(HttpRequest request, CancellationToken cancellation)
    {
        try
        {
            switch (MediaTypes.Of(request))
            {
                case FormType:
                    // The body's own limit bounds their number.
                    var form = await request.ReadFormAsync(new FormOptions { ValueCountLimit = int.MaxValue }, cancellation);
                    return (form["paths"].OfType<string>().ToHashSet(StringComparer.Ordinal), HubApi.IsYes(form["expand"]));
                case JsonType:
                    var json = await JsonSerializer.DeserializeAsync<PathsBody>(request.Body, JsonSerializerOptions.Web, cancellation);
                    return ((json?.Paths ?? []).ToHashSet(StringComparer.Ordinal), json?.Expand ?? false);
                default:
                    throw MediaTypes.Unsupported(request.ContentType, FormType, JsonType);
            }
        }
        catch (Exception error) when (error is InvalidDataException or JsonException)
        {
            throw new FishException(
                ErrorCode.RequestInvalid, "paths", "The body is not a list of paths.",
                """Send paths=FILE&paths=FILE, or {"paths":["FILE"]}.""", error);
        }
    }

    private sealed record PathsBody(IReadOnlyList<string>? Paths, bool Expand);
}
