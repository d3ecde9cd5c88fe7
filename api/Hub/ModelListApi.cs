using System.Globalization;
using FishCheckpoint.Access;
using FishCheckpoint.Api.Access;
using FishCheckpoint.Api.Settings;
using FishCheckpoint.Engine;
using FishCheckpoint.Errors;
using FishCheckpoint.Stores;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace FishCheckpoint.Api.Hub;

/// <summary>The route that lists repositories. It refuses sort orders and filters that it does not support.</summary>
internal static class ModelListApi
{
    private const int MaxModels = 1000;
    private const int MaxFullModels = 100;

    // Clients send these, but they have no effect: there are no cards and no separate configurations.
    private static readonly HashSet<string> Known = new(StringComparer.Ordinal)
    {
        "search", "filter", "author", "limit", "cursor", "sort", "direction", "full", "cardData", "config", "fetch_config",
    };

    public static async Task<Ok<IReadOnlyList<HubModel>>> ListAsync(
        [FromQuery] string[]? search, [FromQuery] string[]? filter, string? author, int? limit, string? cursor, string? sort,
            string? direction, string? full,
        HttpContext context, IFishStore store, Func<CheckpointStore> opened, FishSettings settings, CancellationToken cancellation)
    {
        RequireKnown(context.Request.Query.Keys);
        var (order, start) = (OrderOf(sort, direction), OffsetOf(cursor));
        var (owner, isFull) = (settings.Hub.Owner, HubApi.IsYes(full));
        var max = Math.Clamp(limit ?? MaxModels, 1, isFull ? MaxFullModels : MaxModels);
        if (author is not null && author != owner)
        {
            return TypedResults.Ok<IReadOnlyList<HubModel>>([]);
        }

        bool IsWanted(Repository item) => (search ?? []).All(words =>
            $"{owner}/{item.Name}".Contains(words, StringComparison.OrdinalIgnoreCase))
            && (filter ?? []).All(item.Tags.Contains);
        var found = order((await ReachedAsync(context.Key(), store, opened, cancellation)).Where(IsWanted)).ToArray();
        context.SayNext(found.Length - start > max ? (start + max).ToString(CultureInfo.InvariantCulture) : null);
        var models = new List<HubModel>();
        foreach (var item in found.Skip(start).Take(max))
        {
            models.Add(isFull && item.Modified is not null ? await FullAsync(item, context, store, owner, cancellation)
                : HubModel.Of(item, owner, context.HasKey()));
        }

        return TypedResults.Ok<IReadOnlyList<HubModel>>(models);
    }

    private static async Task<HubModel> FullAsync(Repository item, HttpContext context, IFishStore store, string owner,
        CancellationToken cancellation)
    {
        try
        {
            await using var opened = await OpenedRevision.OpenAsync(store, item.Name, Revision.Main, cancellation);
            return HubModel.Of(item, opened, owner, context.HasKey(), withBlobs: false);
        }
        catch (FishException error) when (error.Kind == ErrorKind.NotFound)
        {
            // Deleted since it was listed.
            return HubModel.Of(item, owner, context.HasKey());
        }
    }

    // All tasks that the key reaches, and the bases whose names no task has.
    private static async Task<List<Repository>> ReachedAsync(KeyInfo? key, IFishStore store, Func<CheckpointStore> opened,
        CancellationToken cancellation)
    {
        var (found, tasks) = (new List<Repository>(), new HashSet<string>(StringComparer.Ordinal));
        await foreach (var task in store.Tasks.ListAsync(cancellationToken: cancellation))
        {
            tasks.Add(task.Name);
            if (key?.Reaches(task.Name) != false)
            {
                found.Add(Repository.Of(task));
            }
        }

        await foreach (var item in store.Bases.ListAsync(cancellationToken: cancellation))
        {
            if (!tasks.Contains(item.Name) && (key?.Tasks is null || await opened().Access.ReachesBaseAsync(key, item.Name)))
            {
                found.Add(Repository.Of(item, item.Name));
            }
        }

        return found;
    }

    private static Func<IEnumerable<Repository>, IEnumerable<Repository>> OrderOf(string? sort, string? direction)
    {
        var ascending = direction switch
        {
            null => sort is null,
            "1" => true,
            "-1" => false,
            _ => throw Refused("direction", "The direction must be 1 or -1.", "Use direction=-1 for the newest first."),
        };
        Func<Repository, object?> key = sort switch
        {
            null or "id" => item => null,
            "createdAt" or "created_at" => item => item.Created,
            "lastModified" or "last_modified" => item => item.Modified ?? DateTimeOffset.MinValue,
            _ => throw Refused("sort", "Models can be sorted by createdAt or lastModified; downloads, likes and trends are not counted.",
                "Sort by lastModified."),
        };
        return items => ascending
            ? items.OrderBy(key).ThenBy(item => item.Name, StringComparer.Ordinal)
            : sort is null or "id" ? items.OrderByDescending(item => item.Name, StringComparer.Ordinal)
            : items.OrderByDescending(key).ThenBy(item => item.Name, StringComparer.Ordinal);
    }

    private static int OffsetOf(string? cursor) => cursor is null ? 0
        : int.TryParse(cursor, NumberStyles.None, CultureInfo.InvariantCulture, out var start) ? start
        : throw Refused("cursor", "The cursor is not a position in the list.", "Use the Link of the previous response.");

    private static void RequireKnown(IEnumerable<string> names)
    {
        if (names.FirstOrDefault(name => !Known.Contains(name)) is { } unknown)
        {
            throw Refused(unknown, "This filter is not supported.",
                "Filter by author, search, and tags (filter=safetensors, filter=base, filter=base:NAME).");
        }
    }

    private static FishException Refused(string name, string cause, string hint) => new(ErrorCode.RequestInvalid, name.Length <= 80 ? name
        : name[..80], cause, hint);
}
