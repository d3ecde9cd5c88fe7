using FishCheckpoint.Access;

namespace FishCheckpoint.Api.Access;

/// <summary>What a route asks of a key. Every route says it; one that does not is held to be the strictest.</summary>
/// <param name="Scope">The least scope; <see langword="null"/>: the route is open to everyone and gives nothing of the store.</param>
/// <param name="Reach">What the key has to reach.</param>
internal sealed record AccessRule(KeyScope? Scope, Reach Reach)
{
    /// <summary>Of a route that says nothing.</summary>
    public static AccessRule Undeclared { get; } = new(KeyScope.Admin, Reach.Store);
}

/// <summary>What a key has to reach for a route.</summary>
internal enum Reach
{
    /// <summary>Nothing of the store.</summary>
    Nothing,
    /// <summary>The task that the route names.</summary>
    Task,
    /// <summary>The base that the route names, which a key limited to tasks reaches through one of them.</summary>
    Base,
    /// <summary>The task that the route names, or, where no task has the name, the base.</summary>
    Repository,
    /// <summary>A list: what the key does not reach is left out of it.</summary>
    List,
    /// <summary>The store as a whole, which no key limited to tasks reaches.</summary>
    Store,
}

/// <summary>How routes say what they ask for.</summary>
internal static class AccessRules
{
    /// <summary>The route asks for no key.</summary>
    public static TBuilder Open<TBuilder>(this TBuilder route)
        where TBuilder : IEndpointConventionBuilder => route.WithMetadata(new AccessRule(null, Reach.Nothing));

    /// <summary>The route asks for a key.</summary>
    public static TBuilder Needs<TBuilder>(this TBuilder route, KeyScope scope, Reach reach)
        where TBuilder : IEndpointConventionBuilder => route.WithMetadata(new AccessRule(scope, reach));
}
