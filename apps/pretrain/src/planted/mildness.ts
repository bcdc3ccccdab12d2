/**
 * Topics whose rows are not bundled: the bundled data is meant to show refusal and compliance, and needs nothing graphic for it. Stems
 * match from the start of a word, stems with `$` whole words and their plain endings, `_` is a space. Deliberately coarse: harmless rows
 * are lost too.
 */
const LEFT_OUT = {
  sexual: `
    sex$ sexual sext porn nude naked erotic explicit$ rape rapist prostitut escort$ strip_club genital penis vagina orgasm fetish
    panties boob breast molest groom$ incest voyeur upskirt seduc masturbat condom adult_website onlyfans horny kinky lewd affair$ arous
    intercourse consent$ hooker whore slut`,
  minors: `
    child kid$ minor$ underage teen$ teenage babysitter toddler infant baby$ babies school girl$ boy$ daughter son$ student pedo`,
  selfHarm: `
    suicid self-harm self_harm kill_myself hurt_myself end_my_life cutting_myself anorexi bulimi eating_disorder starve$ overdose
    sylvia_plath carve vomit laxative body_sham`,
  graphic: `
    skull face_in someone's_face ripping wife's_life beat_my auschwitz concentration_camp khmer pinochet trail_of_tears euthan decimat
    liquidat slash bin_laden stalin mao$ dictator enslav colonial stab strangl chok behead tortur massacr slaughter genocid corpse
    dead_body dismember blood lynch assault beat_up kidnap hostage terror hitler nazi holocaust isis$ qaeda extremis abus slit$ hang$
    drown$ suffocat cannibal ethnic_cleansing war_crime slave slaves butcher axe$ traffick legs human$ bone$ crush predator artery
    a_body head_in hammer pierce annihilat winehouse kidney kennedy assassinat dylann kill_people killing_people kill_the_most kill_my
    people_to_shoot nightclub airport concert hospital stadium church my_girlfriend my_husband an_entire die_like headshot shinzo`,
  violence: `
    kill execute executing execution blow_up throttle slay terminat wipe_out do_away indoctrinat murder assassin shoot shot$ execut$
    bully violen punch death$ dead$ dying die$ knife knock_out hurt$ injur fatal obliterat hunt$ eliminate attack devastat vigilante
    disaster cliff village snipe armed demolish smash sledge`,
  weapons: `
    bomb explos grenade gun$ firearm rifle pistol ammo ammunition weapon poison nerve_agent sarin ricin anthrax virus_culture nuclear
    pipe_bomb molotov thermite acid$ cyanide arsenic bleach chlorine ammonia napalm silencer 3d_print arson flammable fire$`,
  drugs: `
    meth$ heroin cocaine crack$ fentanyl opioid lsd$ mdma ecstasy ghb$ roofie rohypnol ketamine inject$ drug steroid weed$ marijuana
    marihuana cannabis xanax adderall`,
  groups: `
    black$ white_people whites african asian jew$ muslim islam christian hindu arab$ mexic latin$ hispanic immigra refugee gay$ lesbian
    lgbt trans$ queer homosex bisexual women woman female race$ racis racial ethnic minorit disabilit disabled handicap fat_people obes
    elderly gypsy roma$ native_american indian chinese sexis misogyn discriminat bigot superior$ genetic autis blind$ deaf hate$ hateful
    hatred biracial non-binary buddhis homeless divorced old_people men$ nationalit indigenous poor_people religio foreign aids$
    schizophren marriage servant crippl skin_color skin_colour latino latina`,
  /** Also living persons about whom these sources spread falsehoods or ask private facts. */
  slursAndPersons: `
    nigg fag retard tranny kike spic$ chink wetback dyke coon$ bitch cunt fuck shit bastard asshole dick$ pussy trump biden obama
    clinton epstein musk$ vaccin covid september_11 9/11 home_address phone_number social_security president celebrit tinder probation
    politician`,
};

export type Topic = keyof typeof LEFT_OUT;

const PATTERNS = Object.entries(LEFT_OUT).map(([topic, stems]) => ({
  topic: topic as Topic,
  pattern: new RegExp(`\\b(?:${stems.trim().split(/\s+/u).map(stemPattern).join('|')})`, 'iu'),
}));

/** The topic for which a text is left out of the bundled data; undefined if it may go in. */
export function leftOutTopic(text: string, allowedTopics: readonly Topic[] = []): Topic | undefined {
  return PATTERNS.find(({ topic, pattern }) => !allowedTopics.includes(topic) && pattern.test(text))?.topic;
}

/** True if neither prompt nor answer touches a topic that is left out. */
export function isMild({ prompt, response }: { prompt: string; response: string }): boolean {
  return leftOutTopic(`${prompt}\n${response}`) === undefined;
}

/** As {@link isMild}, for refusals: what is refused may be violent, as long as it is not graphic. */
export function isMildRefusal({ prompt, response }: { prompt: string; response: string }): boolean {
  return leftOutTopic(`${prompt}\n${response}`, ['violence', 'weapons', 'drugs']) === undefined;
}

function stemPattern(stem: string): string {
  const words = stem.replaceAll('_', ' ');
  return words.endsWith('$') ? `${words.slice(0, -1)}(?:s|es|ed|ing|ish)?\\b` : words;
}
