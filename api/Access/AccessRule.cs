using FishCheckpoint.Access;

namespace FishCheckpoint.Api.Access;

/// <summary>The key that a route needs. A route without a rule gets the strictest one.</summary>
/// <param name="Scope">The lowest scope; <see langword="null"/>: the route is open to everyone and reveals nothing about the store.</param>
/// <param name="Reach">What the key must reach.</param>
internal sealed record AccessRule(KeyScope? Scope, Reach Reach)
{
    /// <summary>The rule of a route without one.</summary>
    public static AccessRule Undeclared { get; } = new(KeyScope.Admin, Reach.Store);
}

/// <summary>What a key must reach for a route.</summary>
internal enum Reach
{
    /// <summary>Nothing of the store.</summary>
    Nothing,
    /// <summary>The task that the route names.</summary>
    Task,
    /// <summary>The base that the route names; a key limited to tasks reaches it through one of them.</summary>
    Base,
    /// <summary>The task that the route names; without such a task, the base.</summary>
    Repository,
    /// <summary>A list: it leaves out items that the key does not reach.</summary>
    List,
    /// <summary>The whole store, which no key limited to tasks reaches.</summary>
    Store,
}

/// <summary>Extensions that set the access rule of routes.</summary>
internal static class AccessRules
{
    /// <summary>The route needs no key.</summary>
    public static TBuilder Open<TBuilder>(this TBuilder route)
        where TBuilder : IEndpointConventionBuilder => route.WithMetadata(new AccessRule(null, Reach.Nothing));

    /// <summary>The route needs a key.</summary>
    public static TBuilder Needs<TBuilder>(this TBuilder route, KeyScope scope, Reach reach)
        where TBuilder : IEndpointConventionBuilder => route.WithMetadata(new AccessRule(scope, reach));
}
