using FishCheckpoint.Access;
using FishCheckpoint.Api.Access;
using FishCheckpoint.Api.Bodies;
using FishCheckpoint.Api.Documents;
using FishCheckpoint.Api.Restores;
using FishCheckpoint.Api.Routing;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Engine;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Stores;
using FishCheckpoint.Tensors;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FishCheckpoint.Api.Bases;

/// <summary>The routes of bases.</summary>
internal static class BasesApi
{
    public static void MapBases(this RouteGroupBuilder group)
    {
        group.MapPut("/{name}", PutAsync).Needs(KeyScope.Write, Reach.Store).TakesUploads()
            .TakesBody(MediaTypes.Safetensors, MediaTypes.Bytes, MediaTypes.Tar)
            .TakesHeader(DigestField.Representation, "sha-256=:BASE64: of the body, verified before anything is stored.")
            .WithSummary("Add a base: one safetensors file, or a folder as a tar stream").MayFail(409, 413, 415, 422, 507);
        group.MapGet("/", ListAsync).Needs(KeyScope.Read, Reach.List).WithSummary("List the bases by name");
        group.MapGet("/{name}", GetAsync).Needs(KeyScope.Read, Reach.Base).WithSummary("Describe a base by its name or its id");
        group.MapMethods("/{name}/model.safetensors", ["GET", "HEAD"], GetModelAsync).Needs(KeyScope.Read, Reach.Base)
            .GivesBytes(MediaTypes.Safetensors, CheckedBlocks.MediaType)
            .WithSummary("Give a base's file, or a range of it").MayFail(412, 416, 500);
        group.MapDelete("/{name}", DeleteAsync).Needs(KeyScope.Admin, Reach.Store)
            .WithSummary("Remove a name of a base; removing the last name deletes the base permanently; refused while tasks use it")
            .MayFail(409);
        group.MapGet("/{name}/files", ListFilesAsync).Needs(KeyScope.Read, Reach.Base)
            .WithSummary("List the files of a base, side files included");
        group.MapMethods("/{name}/files/{**file}", ["GET", "HEAD"], GetFileAsync).Needs(KeyScope.Read, Reach.Base)
            .GivesBytes(MediaTypes.Safetensors, MediaTypes.Bytes, CheckedBlocks.MediaType)
            .WithSummary("Give one file of a base: a shard or a side file").MayFail(412, 416, 500);
    }

    private static async Task<Ok<RemovedBase>> DeleteAsync(string name, IBases bases, CancellationToken cancellation) =>
        TypedResults.Ok(await bases.DeleteAsync(name, cancellation));

    private static async Task<Results<Created<BaseInfo>, Ok<BaseInfo>>> PutAsync(
        string name, HttpRequest request, IBases bases, EngineOptions options, CancellationToken cancellation)
    {
        var type = MediaTypes.Of(request);
        if (type is not (MediaTypes.Safetensors or MediaTypes.Bytes or MediaTypes.Tar))
        {
            throw MediaTypes.Unsupported(request.ContentType, MediaTypes.Safetensors, MediaTypes.Bytes, MediaTypes.Tar);
        }

        var expected = DigestField.Read(request, DigestField.Representation) ?? DigestField.Read(request, DigestField.Content);
        await using var body = new BodyStream(request, options.MaxUploadBytes, expected);
        var leftOut = new List<LeftOutFile>();
        var files = type == MediaTypes.Tar ? TarFiles.ReadAsync(body, leftOut, cancellation) : ModelUpload.FromStream(body);
        var saved = await bases.AddAsync(name, files, cancellation);
        var added = saved.Value with { LeftOut = LeftOutFile.Join(leftOut, saved.Value.LeftOut) };
        return saved.Created ? TypedResults.Created($"/v1/bases/{name}", added) : TypedResults.Ok(added);
    }

    private static async Task<Ok<Page<BaseInfo>>> ListAsync(
        int? limit, string? after, HttpContext context, IBases store, Func<CheckpointStore> opened, CancellationToken cancellation)
    {
        var page = Paging.Of(limit, after);
        var bases = context.Key() is { Tasks: not null } key
            ? await VisiblePages.ReadAsync(
                page, part => store.ListAsync(part, cancellation), item => opened().Access.ReachesBaseAsync(key, item.Name),
                item => item.Name)
            : await store.ListAsync(page, cancellation).ReadPageAsync();
        return Paging.Answer(context, page, bases);
    }

    private static async Task<Ok<BaseInfo>> GetAsync(string name, IBases bases, CancellationToken cancellation) =>
        TypedResults.Ok(await bases.GetAsync(name, cancellation));

    private static async Task<Ok<IReadOnlyList<RestoredFile>>> ListFilesAsync(string name, IBases bases, CancellationToken cancellation)
    {
        await using var reader = await bases.OpenAsync(name, cancellation);
        return TypedResults.Ok(reader.Files);
    }

    private static Task<ModelFileResult> GetModelAsync(
        string name, [AsParameters] CheckedPart checks, IBases bases, CancellationToken cancellation) =>
        GetFileAsync(name, ModelFiles.SingleFileName, checks, bases, cancellation);

    private static async Task<ModelFileResult> GetFileAsync(
        string name, string file, [AsParameters] CheckedPart checks, IBases bases, CancellationToken cancellation) =>
        new(await bases.OpenAsync(name, cancellation), file, checks: checks);
}
