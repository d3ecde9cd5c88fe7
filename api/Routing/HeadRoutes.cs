namespace FishCheckpoint.Api.Routing;

/// <summary>Serves HEAD on every GET route: the same status and fields without the content (RFC 9110).</summary>
internal static class HeadRoutes
{
    /// <summary>Adds HEAD to every GET route of a group.</summary>
    public static RouteGroupBuilder WithHead(this RouteGroupBuilder group)
    {
        ((IEndpointConventionBuilder)group).Finally(route =>
        {
            if (route.Metadata.OfType<HttpMethodMetadata>().LastOrDefault() is { } methods
                && methods.HttpMethods.Contains(HttpMethods.Get) && !methods.HttpMethods.Contains(HttpMethods.Head))
            {
                route.Metadata.Add(new HttpMethodMetadata([.. methods.HttpMethods, HttpMethods.Head]));
            }
        });
        return group;
    }

    /// <summary>Whether a request wants no content; expensive work is skipped then.</summary>
    public static bool IsHead(this HttpContext context) => HttpMethods.IsHead(context.Request.Method);
}
