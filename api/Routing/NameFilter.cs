using FishCheckpoint.Checkpoints;

namespace FishCheckpoint.Api.Routing;

/// <summary>Validates every name in a route before the handler runs.</summary>
internal sealed class NameFilter : IEndpointFilter
{
    public ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        foreach (var (key, value) in context.HttpContext.Request.RouteValues)
        {
            Check(key, Uri.UnescapeDataString(value as string ?? ""));
        }

        return next(context);
    }

    private static void Check(string key, string value) => _ = key switch
    {
        "name" => Names.Check(value, "base"),
        "task" => Names.Check(value, "task"),
        "key" => Names.Check(value, "key"),
        "tag" => Names.CheckTag(value),
        "file" => Names.CheckFilePath(value),
        _ => value,
    };
}
