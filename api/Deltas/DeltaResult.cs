using FishCheckpoint.Api.Bodies;
using FishCheckpoint.Api.Routing;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Codec;
using FishCheckpoint.Stores;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Api.Deltas;

/// <summary>Streams a delta as a sparse patch, or as frames if the client prefers them. Owns the delta.</summary>
internal sealed class DeltaResult(EncodedDelta delta, TaskInfo task, string to, string from) : IResult
{
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        using var owned = delta;
        var response = httpContext.Response;
        response.Headers.Vary = "Accept";
        response.Headers.ContentLocation = $"/v1/tasks/{task.Name}/checkpoints/{to}/delta?from={from}";
        if (MediaTypes.PrefersFrames(httpContext.Request))
        {
            (response.ContentType, response.ContentLength) = (MediaTypes.Frames, delta.Length);
            if (!httpContext.IsHead())
            {
                await delta.WriteToAsync(response.BodyWriter, httpContext.RequestAborted);
            }

            return;
        }

        var writer = new SparsePatchWriter(delta, await LayoutAsync(httpContext), Metadata());
        (response.ContentType, response.ContentLength) = (MediaTypes.Safetensors, writer.Header.FileLength);
        if (!httpContext.IsHead())
        {
            await writer.WriteToAsync(response.BodyWriter, httpContext.RequestAborted);
        }
    }

    private async Task<Layout> LayoutAsync(HttpContext context)
    {
        var store = context.RequestServices.GetRequiredService<IFishStore>();
        await using var reader = await store.States.OpenAsync(task.Name, StepRef.Parse(to), context.RequestAborted);
        return reader.Layout;
    }

    private Dictionary<string, string> Metadata() => new(StringComparer.Ordinal)
    {
        ["task"] = task.Name,
        ["from"] = from,
        ["to"] = to,
        ["base"] = task.BaseId.ToString(),
        ["mask"] = delta.MaskId.ToString(),
    };
}
